//! Templates of files for other hosts: text with blocks that are there or not.

/// The template without the blocks (`# begin <name>` to `# end <name>`) that are not included.
pub(super) fn blocks(template: &str, included: impl Fn(&str) -> bool) -> String {
    let mut text = String::with_capacity(template.len());
    let mut left_out = None;
    for line in template.lines() {
        if let Some(name) = line.strip_prefix("# begin ") {
            left_out = (!included(name)).then_some(name);
        } else if line.starts_with("# end ") {
            left_out = None;
        } else if left_out.is_none() {
            text.push_str(line);
            text.push('\n');
        }
    }
    text
}
