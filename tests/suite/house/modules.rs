//! The modules of a crate, what each defines and imports, and to which file a path leads.

use std::collections::{BTreeMap, BTreeSet};

use super::source::{Source, Token, after_group, code};

/// From the root of a crate: `["web", "pages"]`.
type Place = Vec<String>;

/// A crate's modules.
#[derive(Debug)]
pub(super) struct Crate {
    /// The files below the crate's folder, without those for tests only.
    pub(super) files: Vec<String>,
    modules: BTreeMap<Place, Module>,
}

#[derive(Debug, Default)]
struct Module {
    file: usize,
    /// Whether it is the `mod.rs` or `lib.rs` of others, whose `pub use` only passes on.
    passes_on: bool,
    items: BTreeSet<String>,
    imports: Vec<Import>,
    paths: Vec<Named>,
    /// Names that stand in its code by themselves.
    words: BTreeSet<String>,
}

/// A path as it stands in a file.
#[derive(Clone, Debug)]
struct Named {
    path: Place,
    line: usize,
}

/// One part of a path: what comes before a `::`, or its end.
#[derive(Clone, Copy)]
struct Part<'a> {
    name: &'a str,
    is_last: bool,
}

#[derive(Clone, Debug)]
struct Import {
    named: Named,
    /// `None` for a glob, and for `as _`.
    name: Option<String>,
    is_glob: bool,
    is_public: bool,
}

/// One file names something of another.
#[derive(Clone, Debug)]
pub(super) struct Reference {
    pub(super) from: usize,
    pub(super) to: usize,
    pub(super) path: String,
    pub(super) line: usize,
    /// Whether it needs what stands there; else it passes it on, or brings a module into scope.
    pub(super) is_use: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Target {
    Module(Place),
    /// Something that this file defines.
    Item(usize),
    Elsewhere,
}

impl Crate {
    /// The crate whose root is in `folder`, such as `core/src`.
    pub(super) fn read(folder: &str, sources: &[Source]) -> Self {
        let mut found = Self {
            files: Vec::new(),
            modules: BTreeMap::new(),
        };
        let mut tests = BTreeSet::new();
        for source in sources {
            let path = source.below(folder);
            // A program is a crate of its own.
            if path == "main.rs" || path.starts_with("bin/") {
                continue;
            }
            let place = place_of(path);
            let code = code(&source.text);
            tests.extend(code.test_modules.iter().map(|name| inside(&place, name)));
            let passes_on = path.ends_with("mod.rs") || path == "lib.rs";
            let file = found.files.len();
            found.files.push(path.to_owned());
            let module = Module {
                file,
                passes_on,
                ..Module::default()
            };
            Reader {
                modules: &mut found.modules,
                tokens: &code.tokens,
            }
            .read(place, module);
        }
        found
            .modules
            .retain(|place, _| !tests.iter().any(|test| place.starts_with(test)));
        found
    }

    /// Everything that a file names of another one.
    pub(super) fn references(&self) -> Vec<Reference> {
        let mut found = Vec::new();
        for (place, module) in &self.modules {
            for import in &module.imports {
                found.extend(self.import(place, module, import));
            }
            for named in &module.paths {
                let target = self.resolve(place, &named.path, 0);
                found.extend(self.reference(module, named, target));
            }
        }
        found.retain(|reference| reference.from != reference.to);
        found
    }

    fn import(&self, place: &Place, module: &Module, import: &Import) -> Option<Reference> {
        let target = self.resolve(place, &import.named.path, 0);
        let target = match target {
            // Which of its names are used cannot be told.
            Target::Module(of) if import.is_glob => Target::Item(self.modules.get(&of)?.file),
            target => target,
        };
        let mut reference = self.reference(module, &import.named, target)?;
        let name = import.name.as_ref();
        if module.passes_on && import.is_public {
            reference.is_use &= name.is_some_and(|name| module.words.contains(name));
        }
        Some(reference)
    }

    fn reference(&self, module: &Module, named: &Named, target: Target) -> Option<Reference> {
        let (to, is_use) = match target {
            Target::Item(file) => (file, true),
            Target::Module(place) => (self.modules.get(&place)?.file, false),
            Target::Elsewhere => return None,
        };
        Some(Reference {
            from: module.file,
            to,
            path: named.path.join("::"),
            line: named.line,
            is_use,
        })
    }

    /// Where a path leads that stands in the module at `place`.
    fn resolve(&self, place: &Place, path: &[String], depth: usize) -> Target {
        let (mut at, mut rest) = match path {
            [first, rest @ ..] if first == "crate" => (Target::Module(Vec::new()), rest),
            [first, rest @ ..] if first == "self" => (Target::Module(place.clone()), rest),
            [first, ..] if first == "super" => (Target::Module(place.clone()), path),
            [first, rest @ ..] => {
                let found = self.find(place, Part::of(first, rest), depth);
                (found.unwrap_or(Target::Elsewhere), rest)
            }
            [] => return Target::Elsewhere,
        };
        while let (Target::Module(module), [name, after @ ..]) = (&at, rest) {
            at = if name == "super" {
                let above = module.split_last().map(|(_, above)| above.to_vec());
                above.map_or(Target::Elsewhere, Target::Module)
            } else {
                let found = self.find(module, Part::of(name, after), depth);
                // A macro has made it.
                let made = self.modules.get(module).map(|module| module.file);
                found
                    .or(made.map(Target::Item))
                    .unwrap_or(Target::Elsewhere)
            };
            rest = after;
        }
        at
    }

    /// What a module calls by this name.
    fn find(&self, place: &Place, part: Part<'_>, depth: usize) -> Option<Target> {
        let name = part.name;
        // A circle of re-exports.
        if depth > 8 {
            return None;
        }
        let module = self.modules.get(place)?;
        let item = module
            .items
            .contains(name)
            .then_some(Target::Item(module.file));
        let child = inside(place, name);
        let child = self
            .modules
            .contains_key(&child)
            .then_some(Target::Module(child));
        let imports = module.imports.iter();
        let named = imports
            .clone()
            .filter(|import| import.name.as_deref() == Some(name))
            .map(|import| self.resolve(place, &import.named.path, depth + 1));
        let imported: Vec<Target> = named.collect();
        let (modules, others): (Vec<Target>, Vec<Target>) = imported
            .into_iter()
            .partition(|target| matches!(target, Target::Module(_)));
        let items = item.into_iter().chain(others);
        let modules = child.into_iter().chain(modules);
        let mut known: Vec<Target> = if part.is_last {
            items.chain(modules).collect()
        } else {
            modules.chain(items).collect()
        };
        if known.is_empty() {
            let globs = imports.filter(|import| import.is_glob);
            known = globs
                .filter_map(
                    |glob| match self.resolve(place, &glob.named.path, depth + 1) {
                        Target::Module(of) if of != *place => self.find(&of, part, depth + 1),
                        _ => None,
                    },
                )
                .collect();
        }
        known.into_iter().next()
    }
}

impl<'a> Part<'a> {
    fn of(name: &'a str, rest: &[String]) -> Self {
        let is_last = rest.is_empty();
        Self { name, is_last }
    }
}

/// `web/pages/mod.rs` and `web/pages.rs` are `web::pages`; `lib.rs` is the root.
fn place_of(path: &str) -> Place {
    let path = path.trim_end_matches(".rs");
    let path = path.strip_suffix("/mod").unwrap_or(path);
    if path == "lib" {
        return Vec::new();
    }
    path.split('/').map(str::to_owned).collect()
}

fn inside(place: &[String], name: &str) -> Place {
    let mut inner = place.to_vec();
    inner.push(name.to_owned());
    inner
}

/// Reads the tokens of one file.
struct Reader<'a> {
    modules: &'a mut BTreeMap<Place, Module>,
    tokens: &'a [Token],
}

impl Reader<'_> {
    fn read(&mut self, place: Place, module: Module) {
        self.read_between(place, module, (0, self.tokens.len()));
    }

    /// Reads the part of the file which is this module: all of it, or what stands between the braces of `mod x { .. }`.
    fn read_between(&mut self, place: Place, mut module: Module, range: (usize, usize)) {
        let (mut at, end) = range;
        let (mut depth, mut is_public) = (0_usize, false);
        while at < end {
            match self.text(at) {
                "{" => depth += 1,
                "}" => depth = depth.saturating_sub(1),
                "pub" => is_public = true,
                "use" if !matches!(self.text(at + 1), "<") => {
                    at = self.read_use(at + 1, is_public, &mut module.imports);
                }
                "mod" if depth == 0 && self.is_word(at + 1) => {
                    at += 2;
                    let name = self.text(at - 1).to_owned();
                    if self.text(at) == "{" {
                        let inner = Module {
                            file: module.file,
                            ..Module::default()
                        };
                        let after = after_group(self.tokens, at);
                        self.read_between(inside(&place, &name), inner, (at + 1, after - 1));
                        at = after - 1;
                    }
                }
                keyword if depth == 0 && is_item(keyword) && self.is_word(at + 1) => {
                    module.items.insert(self.text(at + 1).to_owned());
                }
                "macro_rules" if self.text(at + 1) == "!" => {
                    module.items.insert(self.text(at + 2).to_owned());
                }
                _ => {}
            }
            if matches!(self.text(at), ";" | "{" | "}") {
                is_public = false;
            }
            at = self.read_word(at, &mut module);
        }
        self.modules.insert(place, module);
    }

    /// Notes the path or the word that stands here, and goes on.
    fn read_word(&self, at: usize, module: &mut Module) -> usize {
        let before = at.checked_sub(1).map_or("", |before| self.text(before));
        if !self.is_word(at) || matches!(before, "." | "::" | "fn") {
            return at + 1;
        }
        let mut path = vec![self.text(at).to_owned()];
        let mut end = at + 1;
        while self.text(end) == "::" && self.is_word(end + 1) {
            path.push(self.text(end + 1).to_owned());
            end += 2;
        }
        // A field or a variable may have the name of a function.
        let is_type = path[0].starts_with(char::is_uppercase);
        if is_type || matches!(self.text(end), "(" | "!" | "::") {
            module.words.insert(path[0].clone());
        }
        if path.len() > 1 {
            let line = self.tokens[at].line;
            module.paths.push(Named { path, line });
        }
        end
    }

    /// Reads a tree of imports; gives the place of its `;`.
    fn read_use(&self, start: usize, is_public: bool, imports: &mut Vec<Import>) -> usize {
        let end = self.tokens[start..]
            .iter()
            .position(|token| token.is(";"))
            .map_or(self.tokens.len(), |length| start + length);
        let mut branch: Vec<usize> = Vec::new();
        let mut path: Place = Vec::new();
        let mut at = start;
        while at <= end {
            let before = self.text(at - 1);
            match self.text(at) {
                "{" => branch.push(path.len()),
                "as" => at += 1,
                mark @ ("," | "}" | ";" | "") => {
                    if !matches!(before, "{" | "}" | ",") {
                        imports.push(self.leaf(&path, at, is_public));
                    }
                    path.truncate(branch.last().copied().unwrap_or(0));
                    if mark == "}" {
                        branch.pop();
                    }
                }
                "::" => {}
                word => path.push(word.to_owned()),
            }
            at += 1;
        }
        end
    }

    /// The import that ends before `end`.
    fn leaf(&self, path: &[String], end: usize, is_public: bool) -> Import {
        let mut path = path.to_vec();
        let last = path.last().map(String::as_str);
        let is_glob = last == Some("*");
        if is_glob || (last == Some("self") && path.len() > 1) {
            path.pop();
        }
        let own = path.last().cloned();
        let name = match self.text(end - 2) {
            "as" => Some(self.text(end - 1).to_owned()),
            _ => own,
        };
        let line = self.tokens[end - 1].line;
        Import {
            named: Named { path, line },
            name: name.filter(|name| !is_glob && name != "_"),
            is_glob,
            is_public,
        }
    }

    fn text(&self, at: usize) -> &str {
        self.tokens.get(at).map_or("", |token| &token.text)
    }

    fn is_word(&self, at: usize) -> bool {
        self.tokens.get(at).is_some_and(Token::is_word)
    }
}

fn is_item(keyword: &str) -> bool {
    matches!(
        keyword,
        "fn" | "struct" | "enum" | "trait" | "type" | "const" | "static" | "union"
    )
}
