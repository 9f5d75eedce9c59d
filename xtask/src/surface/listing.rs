//! The public surface of a crate, a line for each path.

use std::collections::{BTreeMap, BTreeSet};

use rustdoc_types::{
    Attribute, Crate, Enum, Function, Id, Impl, Item, ItemEnum, Module, Struct, StructKind, Trait,
    Use, VariantKind, Visibility,
};

use super::types::{bounded, conditions, parameters, path, qualifiers, signature, text};

/// A crate's surface.
#[derive(Debug, Default)]
pub(super) struct Surface {
    /// The lines of the committed file, in order.
    pub(super) lines: Vec<String>,
    /// Types whose users break with every new field or variant.
    pub(super) warnings: BTreeSet<String>,
}

/// Lists everything that is public.
pub(super) fn surface(docs: &Crate) -> Surface {
    let mut lister = Lister {
        docs,
        found: BTreeMap::new(),
        warnings: BTreeSet::new(),
        open: Vec::new(),
    };
    if let Some(root) = docs.index.get(&docs.root) {
        let name = root.name.clone().unwrap_or_default();
        lister.item(root, &name);
    }
    Surface {
        lines: lister
            .found
            .into_values()
            .flatten()
            .map(|(_, line)| line)
            .collect(),
        warnings: lister.warnings,
    }
}

struct Lister<'a> {
    docs: &'a Crate,
    /// The lines of each path: first what it is, then which traits it has.
    found: BTreeMap<String, BTreeSet<(Kind, String)>>,
    warnings: BTreeSet<String>,
    /// The enclosing modules: a re-export may lead back to one of them.
    open: Vec<Id>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    Definition,
    Impl,
}

impl<'a> Lister<'a> {
    fn add(&mut self, path: &str, line: String) {
        self.add_as(Kind::Definition, path, line);
    }

    fn add_as(&mut self, kind: Kind, path: &str, line: String) {
        let lines = self.found.entry(path.to_owned()).or_default();
        lines.insert((kind, line));
    }

    fn items(&self, ids: &[Id]) -> Vec<&'a Item> {
        ids.iter()
            .filter_map(|id| self.docs.index.get(id))
            .collect()
    }

    /// Lists an item of a module under this path.
    fn item(&mut self, item: &'a Item, path: &str) {
        match &item.inner {
            ItemEnum::Module(module) => self.module(item.id, module, path),
            ItemEnum::Use(import) => self.import(import, path),
            ItemEnum::Struct(of) => self.structure(item, of, path),
            ItemEnum::Enum(of) => self.enumeration(item, of, path),
            ItemEnum::Trait(of) => self.trait_(item, of, path),
            ItemEnum::Function(function) => self.function(function, path, ""),
            _ => self.add(path, line(item, path)),
        }
    }

    fn module(&mut self, id: Id, module: &'a Module, path: &str) {
        if self.open.contains(&id) {
            return;
        }
        self.open.push(id);
        self.add(path, format!("mod {path}"));
        for item in self.items(&module.items) {
            let name = item.name.as_deref().unwrap_or_default();
            self.item(item, &joined(path, name));
        }
        self.open.pop();
    }

    /// A re-exported item is listed where users find it; one of another crate, only by its name.
    fn import(&mut self, import: &'a Use, path: &str) {
        let module = path.rsplit_once("::").map_or(path, |(module, _)| module);
        let target = import.id.and_then(|id| self.docs.index.get(&id));
        let here = joined(module, &import.name);
        match target.map(|item| (item, &item.inner)) {
            Some((_, ItemEnum::Module(of))) if import.is_glob => {
                for item in self.items(&of.items) {
                    self.item(
                        item,
                        &joined(module, item.name.as_deref().unwrap_or_default()),
                    );
                }
            }
            Some((item, _)) if !import.is_glob => self.item(item, &here),
            _ if import.is_glob => self.add(module, format!("pub use {}::*", import.source)),
            _ => self.add(&here, format!("pub use {} as {here}", import.source)),
        }
    }

    fn function(&mut self, function: &Function, path: &str, after: &str) {
        let line = format!(
            "{}fn {path}{}{after}",
            qualifiers(function),
            signature(function)
        );
        self.add(path, line);
    }

    fn structure(&mut self, item: &'a Item, of: &'a Struct, path: &str) {
        let (body, fields, is_open) = match &of.kind {
            StructKind::Unit => (String::new(), Vec::new(), false),
            StructKind::Tuple(fields) => {
                let known: Vec<&Item> =
                    self.items(&fields.iter().flatten().copied().collect::<Vec<_>>());
                let kinds = fields.iter().map(|id| self.tuple_field(*id));
                let body = format!("({})", kinds.collect::<Vec<_>>().join(", "));
                let is_open = !fields.is_empty() && known.len() == fields.len();
                (body, known, is_open)
            }
            StructKind::Plain {
                fields,
                has_stripped_fields,
            } => {
                let known = self.items(fields);
                let names = known.iter().filter_map(|field| field.name.as_deref());
                let hidden = has_stripped_fields.then_some("..");
                let names = names.chain(hidden).collect::<Vec<_>>().join(", ");
                let is_open = !known.is_empty() && !has_stripped_fields;
                (format!(" {{ {names} }}"), known, is_open)
            }
        };
        let generics = &of.generics;
        let head = format!("{}struct {path}{}", attributes(item), parameters(generics));
        self.add(path, format!("{head}{body}{}", conditions(generics)));
        if is_open && !is_non_exhaustive(item) {
            self.warnings.insert(format!("struct {path}"));
        }
        if matches!(of.kind, StructKind::Plain { .. }) {
            for field in fields {
                self.member(field, path);
            }
        }
        self.impls(&of.impls, path);
    }

    fn tuple_field(&self, id: Option<Id>) -> String {
        let item = id.and_then(|id| self.docs.index.get(&id));
        match item.map(|item| &item.inner) {
            Some(ItemEnum::StructField(kind)) => text(kind),
            _ => "_".to_owned(),
        }
    }

    fn enumeration(&mut self, item: &'a Item, of: &'a Enum, path: &str) {
        let generics = &of.generics;
        let head = format!("{}enum {path}{}", attributes(item), parameters(generics));
        self.add(path, head + &conditions(generics));
        if !is_non_exhaustive(item) {
            self.warnings.insert(format!("enum {path}"));
        }
        for variant in self.items(&of.variants) {
            let here = joined(path, variant.name.as_deref().unwrap_or_default());
            let body = match &variant.inner {
                ItemEnum::Variant(of) => self.variant(&of.kind),
                _ => String::new(),
            };
            self.add(
                &here,
                format!("{}variant {here}{body}", attributes(variant)),
            );
        }
        self.impls(&of.impls, path);
    }

    fn variant(&self, kind: &VariantKind) -> String {
        match kind {
            VariantKind::Plain => String::new(),
            VariantKind::Tuple(fields) => {
                let kinds = fields.iter().map(|id| self.tuple_field(*id));
                format!("({})", kinds.collect::<Vec<_>>().join(", "))
            }
            VariantKind::Struct {
                fields,
                has_stripped_fields,
            } => {
                let fields = self.items(fields).into_iter().map(|field| {
                    let name = field.name.as_deref().unwrap_or_default();
                    format!("{name}: {}", self.tuple_field(Some(field.id)))
                });
                let hidden = has_stripped_fields.then(|| "..".to_owned());
                let fields = fields.chain(hidden).collect::<Vec<_>>();
                format!(" {{ {} }}", fields.join(", "))
            }
        }
    }

    fn trait_(&mut self, item: &'a Item, of: &'a Trait, path: &str) {
        let name = format!("{path}{}", parameters(&of.generics));
        let head = format!("{}trait {}", attributes(item), bounded(&name, &of.bounds));
        self.add(path, head + &conditions(&of.generics));
        for member in self.items(&of.items) {
            self.member(member, path);
        }
    }

    /// A field, or an item of a trait or an `impl`.
    fn member(&mut self, item: &'a Item, owner: &str) {
        let here = joined(owner, item.name.as_deref().unwrap_or_default());
        match &item.inner {
            ItemEnum::Function(function) => {
                let has_default = is_of_trait(item) && function.has_body;
                self.function(
                    function,
                    &here,
                    if has_default { " { default }" } else { "" },
                );
            }
            _ => self.add(&here, line(item, &here)),
        }
    }

    fn impls(&mut self, ids: &[Id], owner: &str) {
        let mut traits: BTreeMap<(String, String), BTreeSet<String>> = BTreeMap::new();
        for item in self.items(ids) {
            let ItemEnum::Impl(of) = &item.inner else {
                continue;
            };
            if of.is_synthetic || of.blanket_impl.is_some() {
                continue;
            }
            let Some(name) = of.trait_.as_ref().map(path) else {
                for member in self.items(&of.items) {
                    self.member(member, owner);
                }
                continue;
            };
            let generics = parameters(&of.generics);
            let rest = format!("{}{}", text(&of.for_), conditions(&of.generics));
            match self.open_types(of) {
                none if none.is_empty() => {
                    traits.entry((generics, rest)).or_default().insert(name);
                }
                types => {
                    let line = format!("impl{generics} {name} for {rest} {{ {types} }}");
                    self.add_as(Kind::Impl, owner, line);
                }
            }
        }
        for ((generics, rest), mut names) in traits {
            // It comes with every derived `PartialEq`.
            names.remove("StructuralPartialEq");
            let names = Vec::from_iter(names).join(", ");
            self.add_as(
                Kind::Impl,
                owner,
                format!("impl{generics} {names} for {rest}"),
            );
        }
    }

    /// The associated types of a trait.
    fn open_types(&self, of: &Impl) -> String {
        let types = self.items(&of.items).into_iter();
        let types = types.filter_map(|item| match &item.inner {
            ItemEnum::AssocType {
                type_: Some(kind), ..
            } => Some(format!("type {} = {}", item.name.as_deref()?, text(kind))),
            _ => None,
        });
        types.collect::<Vec<_>>().join("; ")
    }
}

/// An item without items of its own.
fn line(item: &Item, path: &str) -> String {
    match &item.inner {
        ItemEnum::StructField(kind) => format!("field {path}: {}", text(kind)),
        ItemEnum::Constant { type_, .. } => format!("const {path}: {}", text(type_)),
        ItemEnum::AssocConst { type_, value } => {
            let has_default = is_of_trait(item) && value.is_some();
            let default = if has_default { " { default }" } else { "" };
            format!("const {path}: {}{default}", text(type_))
        }
        ItemEnum::Static(of) => format!("static {path}: {}", text(&of.type_)),
        ItemEnum::TypeAlias(of) => {
            format!(
                "type {path}{} = {}",
                parameters(&of.generics),
                text(&of.type_)
            )
        }
        ItemEnum::AssocType { bounds, type_, .. } => {
            let default = type_.as_ref().map(|kind| format!(" = {}", text(kind)));
            format!(
                "type {}{}",
                bounded(path, bounds),
                default.unwrap_or_default()
            )
        }
        ItemEnum::Macro(_) | ItemEnum::ProcMacro(_) => format!("macro {path}!"),
        ItemEnum::ExternCrate { name, .. } => format!("pub use {name} as {path}"),
        other => format!("{:?} {path}", other.item_kind()),
    }
}

fn joined(path: &str, name: &str) -> String {
    format!("{path}::{name}")
}

/// The items of a trait have no visibility of their own.
fn is_of_trait(item: &Item) -> bool {
    matches!(item.visibility, Visibility::Default)
}

fn is_non_exhaustive(item: &Item) -> bool {
    item.attrs.contains(&Attribute::NonExhaustive)
}

fn attributes(item: &Item) -> &'static str {
    if is_non_exhaustive(item) {
        "#[non_exhaustive] "
    } else {
        ""
    }
}
