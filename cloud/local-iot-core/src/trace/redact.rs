//! Keeps a request's secrets out of texts that came from outside: what a function returned, reported or printed.
//! The emulator's own words are never searched, so that a token such as `allow` leaves them whole.

use std::fmt;
use std::sync::OnceLock;

use base64ct::{Base64, Encoding};
use motepost_contract::{percent, token};

use super::forms::{Forms, LONG, is_distinctive, is_in};

/// The credentials of one request.
#[derive(Clone, Default)]
pub(crate) struct Secrets {
    texts: Vec<String>,
    /// The forms of all of them, and of those that are distinctive: a request has many names and texts to search.
    forms: OnceLock<Forms>,
    distinctive_forms: OnceLock<Forms>,
}

impl Secrets {
    /// Adds a credential as it was sent, and what can be taken out of it: the credential behind a scheme such as
    /// `Bearer`, user and password behind `Basic`, the parts of a JWT.
    pub(crate) fn add(&mut self, text: &str) {
        self.keep(text);
        for word in text.split_whitespace().skip(1) {
            self.keep(word);
            let decoded = Base64::decode_vec(word).ok();
            if let Some(pair) = decoded.and_then(|bytes| String::from_utf8(bytes).ok()) {
                self.keep(&pair);
                self.keep(pair.split_once(':').map_or("", |(_, password)| password));
            }
        }
        let long = |part: &&str| part.len() >= LONG;
        text.split('.')
            .filter(long)
            .for_each(|part| self.keep(part));
        let decoded = percent::decode(text.as_bytes());
        if let Some(decoded) = decoded.and_then(|bytes| String::from_utf8(bytes).ok()) {
            self.keep(&decoded);
        }
    }

    /// Adds a name that the client chose if it has the form of a minted token or of a JWT: an authorizer may take its token
    /// from a user name or a client id.
    pub(crate) fn add_if_token(&mut self, name: &str) {
        let jwt = name.starts_with("eyJ") && name.contains('.');
        if token::is_minted(name) || jwt {
            self.add(name);
        }
    }

    fn keep(&mut self, text: &str) {
        for text in [text, text.trim()] {
            if !text.is_empty() && !self.texts.iter().any(|known| known == text) {
                self.texts.push(text.to_owned());
            }
        }
        self.forget_forms();
    }

    fn forget_forms(&mut self) {
        self.forms = OnceLock::new();
        self.distinctive_forms = OnceLock::new();
    }

    /// Those of two requests.
    pub(crate) fn and(&self, others: &Self) -> Self {
        let mut both = self.clone();
        others.texts.iter().for_each(|text| both.keep(text));
        both
    }

    /// Takes back what anybody can read in this text, such as a topic: a word in plain sight is not a secret.
    pub(crate) fn except_words_of(mut self, open: &str) -> Self {
        self.texts
            .retain(|text| is_distinctive(text) || !is_in(open, text));
        self.forget_forms();
        self
    }

    /// The text with every credential cut out, in each form that it may have taken: a distinctive one wherever it is, one
    /// that could be a word only where it is a whole word.
    pub(crate) fn cut_from(&self, text: &str) -> String {
        if self.texts.is_empty() || text.is_empty() {
            return text.to_owned();
        }
        let forms = self.forms.get_or_init(|| Forms::of(self.texts.iter()));
        forms.cut_from(text)
    }

    /// The same for a name that the client chose, which may well be an ordinary word that is also a token.
    pub(crate) fn cut_from_name(&self, name: &str) -> String {
        let distinctive = self.distinctive_forms.get_or_init(|| {
            let texts = self.texts.iter();
            Forms::of(texts.filter(|text| is_distinctive(text)))
        });
        distinctive.cut_from(name)
    }
}

/// Shows none of them.
impl fmt::Debug for Secrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secrets(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::super::forms::CUT;
    use super::*;

    fn secrets(texts: &[&str]) -> Secrets {
        let mut secrets = Secrets::default();
        texts.iter().for_each(|text| secrets.add(text));
        secrets
    }

    #[test]
    fn a_token_that_could_be_a_word_is_cut_out_where_it_is_a_whole_word() {
        let rows = [
            ("allow", "Invalid token: allow", "Invalid token: <redacted>"),
            ("allow", "it is not allowed", "it is not allowed"),
            ("allow", "disallow, allows", "disallow, allows"),
            ("allow", "Allow", "Allow"),
            ("allow", "token=allow&id=a", "token=<redacted>&id=a"),
            ("allow", "'allow'", "'<redacted>'"),
            ("allow", "a_allow", "a_<redacted>"),
            ("a", "a cat and a hat", "<redacted> cat and <redacted> hat"),
            ("1", "line 1 of 11", "line <redacted> of 11"),
            ("redacted", "redacted", "<redacted>"),
            ("é", "café é", "café <redacted>"),
            ("-", "a-b", "a<redacted>b"),
            ("", "nothing", "nothing"),
        ];
        for (secret, text, expected) in rows {
            assert_eq!(secrets(&[secret]).cut_from(text), expected, "{secret}");
        }
    }

    #[test]
    fn a_distinctive_one_is_cut_out_wherever_it_is_and_in_either_case() {
        let rows = [
            ("Xk3_secret", "tokenXk3_secret9"),
            ("Xk3_secret", "xk3_SECRET"),
            ("hFeaKqPzrtuvWxyz", "gothFeaKqPzrtuvWxyzThere"),
            ("12345678", "0123456789"),
        ];
        for (secret, text) in rows {
            let shown = secrets(&[secret]).cut_from(text).to_lowercase();
            assert!(!shown.contains(&secret.to_lowercase()), "{shown}");
        }
    }

    #[test]
    fn every_form_in_which_a_program_may_write_it_is_cut_out() {
        let secret = "sécret \"+/=%";
        for form in [
            r#"sécret \"+/=%"#,
            r#"s\u00e9cret \"+/=%"#,
            "s%C3%A9cret%20%22%2B%2F%3D%25",
            "s%c3%a9cret%20%22%2b%2f%3d%25",
            "s%C3%A9cret%20%22%2B/%3D%25",
            "s%C3%A9cret+%22%2B%2F%3D%25",
            "c8OpY3JldCAiKy89JQ==",
            "c8OpY3JldCAiKy89JQ",
        ] {
            let shown = secrets(&[secret]).cut_from(&format!("<{form}>"));
            assert_eq!(shown, "<<redacted>>", "{form}");
        }
        assert_eq!(
            secrets(&["Bearer c2VjcmV0"]).cut_from("it was c2VjcmV0 or secret"),
            "it was <redacted> or <redacted>"
        );
    }

    #[test]
    fn what_a_credential_holds_is_cut_out_as_well() {
        let jwt = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJkZXZpY2UxMiJ9";
        let rows = [
            ("Bearer topSecret", "topSecret"),
            ("Basic dXNlcjpodW50ZXI=", "hunter"),
            (jwt, "eyJzdWIiOiJkZXZpY2UxMiJ9"),
            // The signature of a JWT, sent as AWS wants it.
            ("+/+/+/+/+/+/+/+/+/+/+w==", "-_-_-_-_-_-_-_-_-_-_-w"),
        ];
        for (secret, part) in rows {
            let shown = secrets(&[secret]).cut_from(&format!("[{part}]"));
            assert_eq!(shown, "[<redacted>]", "{secret}");
        }
    }

    #[test]
    fn a_longer_one_is_cut_out_whole_though_a_shorter_one_is_inside() {
        assert_eq!(
            secrets(&["new", "new one"]).cut_from("a new one"),
            "a <redacted>"
        );
    }

    #[test]
    fn an_escape_before_a_word_is_no_part_of_it() {
        for text in ["%20allow", r"\u003dallow", r"\nallow", r"\x3dallow"] {
            assert!(
                !secrets(&["allow"]).cut_from(text).contains("allow"),
                "{text}"
            );
        }
    }

    #[test]
    fn a_word_in_plain_sight_is_not_a_secret() {
        let open = |secret: &str| secrets(&[secret]).except_words_of("/topics/status/a");
        assert_eq!(open("status").cut_from("topic/status"), "topic/status");
        assert_eq!(open("stat").cut_from("a stat"), "a <redacted>");
        let secret = "Xk3_secret";
        let distinctive = secrets(&[secret]).except_words_of(&format!("/topics/{secret}"));
        assert_eq!(distinctive.cut_from(secret), CUT);
    }

    #[test]
    fn a_client_s_name_is_a_secret_if_it_has_the_form_of_a_token() {
        let minted = "AWr5-QAAAAAAAAAAAAAAAAAAAAAA";
        let rows = [
            (minted.to_owned(), true),
            (minted.replace("AWr5", "AQAA"), true),
            (minted.replace("AWr5", "AgAA"), true),
            ("eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJkIn0".to_owned(), true),
            ("uniqueID".to_owned(), false),
            ("a-device-with-a-long-name-001".to_owned(), false),
        ];
        for (name, secret) in rows {
            let mut secrets = Secrets::default();
            secrets.add_if_token(&name);
            assert_eq!(secrets.cut_from(&name) == CUT, secret, "{name}");
        }
    }

    #[test]
    fn a_name_loses_only_what_is_distinctive() {
        let both = secrets(&["status", "Xk3_secret"]);
        assert_eq!(both.cut_from_name("status/Xk3_secret"), "status/<redacted>");
    }
}
