//! Types and generics as they are written in a signature. Paths are cut to their last part, so that a type which moves
//! inside its crate stays the same.

use rustdoc_types::{
    AssocItemConstraint, AssocItemConstraintKind, DynTrait, Function, FunctionPointer, GenericArg,
    GenericArgs, GenericBound, GenericParamDef, GenericParamDefKind, Generics, Path, PolyTrait,
    PreciseCapturingArg, Term, TraitBoundModifier, Type, WherePredicate,
};

/// `async fn` of the crate `async-trait` is written with lifetimes of this name.
const ASYNC_TRAIT: &str = "'async_trait";

/// A function after its name: generic parameters, parameters, result and conditions.
pub(super) fn signature(function: &Function) -> String {
    let Function { sig, generics, .. } = function;
    let is_async_trait = generics
        .params
        .iter()
        .any(|param| param.name == ASYNC_TRAIT);
    let inputs = sig.inputs.iter().map(|(name, kind)| {
        let kind = text(kind);
        match (name.as_str(), kind.as_str()) {
            ("self", "Self") => "self".to_owned(),
            ("self", "&Self") => "&self".to_owned(),
            ("self", "&mut Self") => "&mut self".to_owned(),
            (name, kind) => format!("{name}: {kind}"),
        }
    });
    let inputs = inputs.collect::<Vec<_>>().join(", ");
    let output = sig.output.as_ref().map(|output| match is_async_trait {
        true => text(awaited(output).unwrap_or(output)),
        false => text(output),
    });
    let output = output.map(|output| format!(" -> {output}"));
    let line = format!(
        "{}({inputs}){}",
        parameters(generics),
        output.unwrap_or_default()
    );
    line + &conditions(generics)
}

/// The words before `fn`.
pub(super) fn qualifiers(function: &Function) -> String {
    let header = &function.header;
    let of_async_trait = |param: &GenericParamDef| param.name == ASYNC_TRAIT;
    let is_async = header.is_async || function.generics.params.iter().any(of_async_trait);
    let words = [
        (header.is_const, "const "),
        (is_async, "async "),
        (header.is_unsafe, "unsafe "),
    ];
    let words = words.iter().filter(|(is, _)| *is).map(|(_, word)| *word);
    words.collect()
}

/// The output of a `Pin<Box<dyn Future<Output = T>>>`.
fn awaited(output: &Type) -> Option<&Type> {
    let boxed = type_argument(output)?;
    let Type::DynTrait(DynTrait { traits, .. }) = type_argument(boxed)? else {
        return None;
    };
    let Some(GenericArgs::AngleBracketed { constraints, .. }) =
        traits.first()?.trait_.args.as_deref()
    else {
        return None;
    };
    match &constraints.first()?.binding {
        AssocItemConstraintKind::Equality(Term::Type(output)) => Some(output),
        _ => None,
    }
}

fn type_argument(of: &Type) -> Option<&Type> {
    let Type::ResolvedPath(path) = of else {
        return None;
    };
    match path.args.as_deref()? {
        GenericArgs::AngleBracketed { args, .. } => args.iter().find_map(|arg| match arg {
            GenericArg::Type(kind) => Some(kind),
            _ => None,
        }),
        _ => None,
    }
}

/// `<'a, T: Bound>`, or nothing.
pub(super) fn parameters(generics: &Generics) -> String {
    angles(
        &generics
            .params
            .iter()
            .filter_map(parameter)
            .collect::<Vec<_>>(),
    )
}

fn angles(parts: &[String]) -> String {
    match parts {
        [] => String::new(),
        parts => format!("<{}>", parts.join(", ")),
    }
}

fn parameter(param: &GenericParamDef) -> Option<String> {
    let name = &param.name;
    match &param.kind {
        GenericParamDefKind::Lifetime { .. } if is_made(name) => None,
        GenericParamDefKind::Lifetime { outlives } if outlives.is_empty() => Some(name.clone()),
        GenericParamDefKind::Lifetime { outlives } => {
            Some(format!("{name}: {}", outlives.join(" + ")))
        }
        // `impl Trait` in a parameter.
        GenericParamDefKind::Type {
            is_synthetic: true, ..
        } => None,
        GenericParamDefKind::Type {
            bounds, default, ..
        } => {
            let default = default.as_ref().map(|kind| format!(" = {}", text(kind)));
            Some(format!(
                "{}{}",
                bounded(name, bounds),
                default.unwrap_or_default()
            ))
        }
        GenericParamDefKind::Const { type_, default } => {
            let default = default.as_ref().map(|value| format!(" = {value}"));
            Some(format!(
                "const {name}: {}{}",
                text(type_),
                default.unwrap_or_default()
            ))
        }
    }
}

/// Whether `async-trait` added this lifetime.
fn is_made(lifetime: &str) -> bool {
    lifetime == ASYNC_TRAIT || lifetime.starts_with("'life")
}

/// ` where T: Bound`, or nothing.
pub(super) fn conditions(generics: &Generics) -> String {
    let conditions = generics
        .where_predicates
        .iter()
        .filter_map(|predicate| match predicate {
            WherePredicate::BoundPredicate { type_, bounds, .. } => {
                let bounds: Vec<GenericBound> = bounds.iter().filter(|bound| {
                !matches!(bound, GenericBound::Outlives(lifetime) if is_made(lifetime))
            }).cloned().collect();
                (!bounds.is_empty()).then(|| bounded(&text(type_), &bounds))
            }
            WherePredicate::LifetimePredicate { lifetime, .. } if is_made(lifetime) => None,
            WherePredicate::LifetimePredicate { lifetime, outlives } => {
                Some(format!("{lifetime}: {}", outlives.join(" + ")))
            }
            WherePredicate::EqPredicate { lhs, rhs } => {
                Some(format!("{} = {}", text(lhs), term(rhs)))
            }
        });
    match conditions.collect::<Vec<_>>().join(", ") {
        none if none.is_empty() => none,
        some => format!(" where {some}"),
    }
}

/// `name: A + B`, or the name alone.
pub(super) fn bounded(name: &str, bounds: &[GenericBound]) -> String {
    match self::bounds(bounds) {
        none if none.is_empty() => name.to_owned(),
        bounds => format!("{name}: {bounds}"),
    }
}

fn bounds(bounds: &[GenericBound]) -> String {
    bounds.iter().map(bound).collect::<Vec<_>>().join(" + ")
}

fn bound(bound: &GenericBound) -> String {
    match bound {
        GenericBound::TraitBound {
            trait_,
            modifier,
            generic_params,
        } => {
            let modifier = match modifier {
                TraitBoundModifier::None => "",
                TraitBoundModifier::Maybe => "?",
                TraitBoundModifier::MaybeConst => "[const] ",
            };
            format!("{}{modifier}{}", quantified(generic_params), path(trait_))
        }
        GenericBound::Outlives(lifetime) => lifetime.clone(),
        GenericBound::Use(captured) => {
            let names = captured.iter().map(|captured| match captured {
                PreciseCapturingArg::Lifetime(name) | PreciseCapturingArg::Param(name) => {
                    name.clone()
                }
            });
            format!("use<{}>", names.collect::<Vec<_>>().join(", "))
        }
    }
}

/// `for<'a> `, or nothing.
fn quantified(params: &[GenericParamDef]) -> String {
    match angles(&params.iter().filter_map(parameter).collect::<Vec<_>>()) {
        none if none.is_empty() => none,
        params => format!("for{params} "),
    }
}

pub(super) fn path(path: &Path) -> String {
    let name = path.path.rsplit("::").next().unwrap_or(&path.path);
    format!("{name}{}", arguments(path.args.as_deref()))
}

fn arguments(args: Option<&GenericArgs>) -> String {
    match args {
        None => String::new(),
        Some(GenericArgs::AngleBracketed { args, constraints }) => {
            let args = args.iter().filter_map(argument);
            angles(
                &args
                    .chain(constraints.iter().map(constraint))
                    .collect::<Vec<_>>(),
            )
        }
        Some(GenericArgs::Parenthesized { inputs, output }) => {
            let output = output.as_ref().map(|kind| format!(" -> {}", text(kind)));
            format!("({}){}", listed(inputs), output.unwrap_or_default())
        }
        Some(GenericArgs::ReturnTypeNotation) => "(..)".to_owned(),
    }
}

fn argument(arg: &GenericArg) -> Option<String> {
    match arg {
        GenericArg::Lifetime(name) if is_made(name) => None,
        GenericArg::Lifetime(name) => Some(name.clone()),
        GenericArg::Type(kind) => Some(text(kind)),
        GenericArg::Const(value) => Some(value.expr.clone()),
        GenericArg::Infer => Some("_".to_owned()),
    }
}

fn constraint(constraint: &AssocItemConstraint) -> String {
    let name = format!(
        "{}{}",
        constraint.name,
        arguments(constraint.args.as_deref())
    );
    match &constraint.binding {
        AssocItemConstraintKind::Equality(value) => format!("{name} = {}", term(value)),
        AssocItemConstraintKind::Constraint(bounds) => bounded(&name, bounds),
    }
}

fn term(term: &Term) -> String {
    match term {
        Term::Type(kind) => text(kind),
        Term::Constant(value) => value.expr.clone(),
    }
}

pub(super) fn listed(types: &[Type]) -> String {
    types.iter().map(text).collect::<Vec<_>>().join(", ")
}

pub(super) fn text(kind: &Type) -> String {
    match kind {
        Type::ResolvedPath(named) => path(named),
        Type::DynTrait(object) => format!("dyn {}", dynamic(object)),
        Type::Generic(name) | Type::Primitive(name) => name.clone(),
        Type::FunctionPointer(pointer) => function_pointer(pointer),
        Type::Tuple(types) if types.len() == 1 => format!("({},)", listed(types)),
        Type::Tuple(types) => format!("({})", listed(types)),
        Type::Slice(inner) => format!("[{}]", text(inner)),
        Type::Array { type_, len } => format!("[{}; {len}]", text(type_)),
        Type::Pat { type_, .. } => text(type_),
        Type::ImplTrait(of) => format!("impl {}", bounds(of)),
        Type::Infer => "_".to_owned(),
        Type::RawPointer { is_mutable, type_ } => {
            let kind = if *is_mutable { "mut" } else { "const" };
            format!("*{kind} {}", text(type_))
        }
        Type::BorrowedRef {
            lifetime,
            is_mutable,
            type_,
        } => {
            let lifetime = lifetime.as_ref().filter(|lifetime| !is_made(lifetime));
            let lifetime = lifetime.map(|lifetime| format!("{lifetime} "));
            let kind = if *is_mutable { "mut " } else { "" };
            format!("&{}{kind}{}", lifetime.unwrap_or_default(), text(type_))
        }
        Type::QualifiedPath {
            name,
            args,
            self_type,
            trait_,
        } => {
            let owner = qualified(self_type, trait_.as_ref());
            format!("{owner}::{name}{}", arguments(args.as_deref()))
        }
    }
}

/// `Self`, or `<Type as Trait>` where the trait is not clear from the type.
fn qualified(owner: &Type, of: Option<&Path>) -> String {
    match of {
        Some(of) if !of.path.is_empty() && !matches!(owner, Type::Generic(_)) => {
            format!("<{} as {}>", text(owner), path(of))
        }
        _ => text(owner),
    }
}

fn dynamic(object: &DynTrait) -> String {
    let of =
        |part: &PolyTrait| format!("{}{}", quantified(&part.generic_params), path(&part.trait_));
    let traits = object.traits.iter().map(of);
    let lifetime = object
        .lifetime
        .clone()
        .filter(|lifetime| !is_made(lifetime));
    traits.chain(lifetime).collect::<Vec<_>>().join(" + ")
}

fn function_pointer(pointer: &FunctionPointer) -> String {
    let inputs = pointer.sig.inputs.iter().map(|(_, kind)| text(kind));
    let output = pointer
        .sig
        .output
        .as_ref()
        .map(|kind| format!(" -> {}", text(kind)));
    format!(
        "{}fn({}){}",
        quantified(&pointer.generic_params),
        inputs.collect::<Vec<_>>().join(", "),
        output.unwrap_or_default()
    )
}
