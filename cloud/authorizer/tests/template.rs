//! The template that deploys the function.

mod support;

use std::cell::RefCell;

use motepost_authorizer::Config;
use support::python;

const TEMPLATE: &str = include_str!("../template.yaml");

#[test]
fn cfn_lint_has_nothing_to_say() {
    let Some(mut python) = python::with_module("cfnlint") else {
        return;
    };
    let template = concat!(env!("CARGO_MANIFEST_DIR"), "/template.yaml");
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

#[test]
fn the_function_reads_each_variable_that_it_is_given() {
    let read = RefCell::new(Vec::new());
    let configuration = Config::from_environment(|name| {
        read.borrow_mut().push(name.to_owned());
        match name {
            "SCHEMES" => Some("minted".to_owned()),
            "IOT_ARN_PREFIX" => Some("arn:aws:iot:eu-central-1:123456789012".to_owned()),
            "FLEET_KEY_SECRET" => Some("a secret".to_owned()),
            _ => None,
        }
    });
    configuration.unwrap();
    let block = TEMPLATE.split_once("        Variables:\n").unwrap().1;
    let lines = block
        .lines()
        .take_while(|line| line.starts_with("          "));
    let given: Vec<_> = lines
        .map(|line| line.trim().split_once(':').unwrap().0.to_owned())
        .collect();
    assert!(given.len() > 5, "{given:?}");
    for name in given {
        assert!(read.borrow().contains(&name), "{name} is not read");
    }
}
