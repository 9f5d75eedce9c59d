//! How much of a crate is documentation.

use super::source::Source;

/// Lines of docs per line of code, in hundredths.
pub(super) fn doc_share(sources: &[Source]) -> usize {
    let (mut docs, mut code) = (0, 0);
    for line in sources.iter().flat_map(|source| source.code().lines()) {
        let line = line.trim_start();
        if line.starts_with("///") || line.starts_with("//!") {
            docs += 1;
        } else if !line.is_empty() && !line.starts_with("//") {
            code += 1;
        }
    }
    docs * 100 / code.max(1)
}
