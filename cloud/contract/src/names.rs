//! The names of credential fields, and what AWS takes as the name of an authorizer, a token key, a signing key and a
//! principal (API reference, "CreateAuthorizer"; Developer Guide, "Defining your Lambda function").

/// Names the authorizer: a header, in any case, or a query parameter.
pub const AUTHORIZER_NAME: &str = "x-amz-customauthorizer-name";

/// Carries the token's signature: a header, in any case, or a query parameter.
pub const SIGNATURE: &str = "x-amz-customauthorizer-signature";

/// The longest of each kind of name, in characters.
pub const MAX_LEN: usize = 128;

/// `[\w=,@-]{1,128}`.
pub fn is_authorizer_name(text: &str) -> bool {
    is_made_of(text, "_=,@-")
}

/// `[a-zA-Z0-9_-]{1,128}`: the header or query parameter that carries a token.
pub fn is_token_key_name(text: &str) -> bool {
    is_made_of(text, "_-")
}

/// `[a-zA-Z0-9:_-]{1,128}`: one of an authorizer's public keys.
pub fn is_signing_key_name(text: &str) -> bool {
    is_made_of(text, ":_-")
}

/// Letters and digits alone, 1 to 128 of them: what a function returns as `principalId`.
pub fn is_principal(text: &str) -> bool {
    is_made_of(text, "")
}

/// Whether a field or a parameter was meant to be one of the two, and is not: `X-Amz-Custom-Authorizer-Name`, for example.
pub fn is_misspelt(name: &str) -> bool {
    let letters = name.chars().filter(char::is_ascii_alphanumeric);
    let plain: String = letters.map(|c| c.to_ascii_lowercase()).collect();
    let meant = ["xamzcustomauth", "amzcustomauth"]
        .iter()
        .any(|start| plain.starts_with(start));
    meant && ![AUTHORIZER_NAME, SIGNATURE].contains(&name.to_ascii_lowercase().as_str())
}

fn is_made_of(text: &str, others: &str) -> bool {
    let allowed = |c: char| c.is_ascii_alphanumeric() || others.contains(c);
    (1..=MAX_LEN).contains(&text.len()) && text.chars().all(allowed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_credential_s_name_that_is_misspelt_is_recognised() {
        for (name, expected) in [
            ("X-Amz-CustomAuthorizer-Name", false),
            ("x-amz-customauthorizer-signature", false),
            ("x-amz-custom-authorizer-name", true),
            ("X-Amz-CustomAuthorizer-Token", true),
            ("amz-customauthorizer-name", true),
            ("x-amz-date", false),
            ("id", false),
        ] {
            assert_eq!(is_misspelt(name), expected, "{name}");
        }
    }

    #[test]
    fn each_kind_of_name_has_its_characters() {
        let long = "x".repeat(128);
        let too_long = "x".repeat(129);
        let rows = [
            // name, authorizer, token key, signing key, principal
            ("a", [true; 4]),
            (long.as_str(), [true; 4]),
            ("", [false; 4]),
            (&too_long, [false; 4]),
            ("a-b_c", [true, true, true, false]),
            ("a:b", [false, false, true, false]),
            ("a=b,c@d", [true, false, false, false]),
            ("a.b", [false; 4]),
            ("a b", [false; 4]),
            ("é", [false; 4]),
        ];
        for (name, expected) in rows {
            let found = [
                is_authorizer_name(name),
                is_token_key_name(name),
                is_signing_key_name(name),
                is_principal(name),
            ];
            assert_eq!(found, expected, "{name:?}");
        }
    }
}
