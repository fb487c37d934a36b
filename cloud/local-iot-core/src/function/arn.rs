//! The names and ARNs of functions.

use motepost_contract::partition;

/// The ARN without the function's name.
pub(crate) fn prefix(region: &str, account: &str) -> String {
    partition::arn("lambda", region, account, "function:")
}

/// What is wrong with the ARN of a function, if anything: `arn:<partition>:lambda:<region>:<account>:function:<name>`
/// with, at most, a version or an alias after it. The error begins with the name of the field.
pub(crate) fn check(field: &str, arn: &str) -> Result<(), String> {
    let parts: Vec<_> = arn.split(':').collect();
    let right = match parts.as_slice() {
        [
            "arn",
            partition,
            "lambda",
            region,
            account,
            "function",
            name,
            rest @ ..,
        ] => {
            [partition, region, account].iter().all(|p| !p.is_empty())
                && is_name(name)
                && rest.len() < 2
        }
        _ => false,
    };
    if right && arn.len() <= 2048 {
        return Ok(());
    }
    Err(format!(
        "{field} is not arn:aws:lambda:<region>:<account>:function:<name>"
    ))
}

/// Lambda's rule for a name (Lambda API reference, "CreateFunction").
pub(super) fn is_name(name: &str) -> bool {
    let allowed = |c: char| c.is_ascii_alphanumeric() || "-_".contains(c);
    (1..=64).contains(&name.len()) && name.chars().all(allowed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_the_arn_of_a_function() {
        for arn in [
            "arn:aws:lambda:eu-central-1:123456789012:function:f",
            "arn:aws-cn:lambda:cn-north-1:123456789012:function:a-b_C1",
            "arn:aws:lambda:eu-central-1:123456789012:function:f:$LATEST",
        ] {
            assert_eq!(check("arn", arn), Ok(()), "{arn}");
        }
        let long = format!("arn:aws:lambda:eu-central-1:1:function:{}", "x".repeat(65));
        for arn in [
            "",
            "f",
            "arn:aws:lambda:eu-central-1:123456789012:function:",
            "arn:aws:lambda:eu-central-1:123456789012:function:a b",
            "arn:aws:lambda:eu-central-1:123456789012:layer:f",
            "arn:aws:lambda::123456789012:function:f",
            "arn:aws:iot:eu-central-1:123456789012:function:f",
            "arn:aws:lambda:eu-central-1:123456789012:function:f:1:2",
            &long,
        ] {
            assert!(check("arn", arn).is_err(), "{arn}");
        }
    }
}
