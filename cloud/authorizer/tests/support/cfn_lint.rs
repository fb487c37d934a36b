//! AWS's linter of templates.

use super::python;

/// Nothing to say against a template.
pub fn assert_is_content(template: &str) {
    let Some(mut python) = python::with_module("cfnlint") else {
        return;
    };
    let output = python
        .args([
            "-c",
            "import sys; from cfnlint.runner import main; sys.exit(main())",
            template,
        ])
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && said.is_empty(), "{said}");
}
