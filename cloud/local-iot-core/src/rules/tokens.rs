//! The words of a statement.

/// Keywords and names keep their case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Token {
    Word(String),
    Number(String),
    /// In single quotes.
    Text(String),
    /// In double quotes.
    Quoted(String),
    Sign(char),
}

impl Token {
    pub(super) fn is_word(&self, keyword: &str) -> bool {
        matches!(self, Self::Word(word) if word.eq_ignore_ascii_case(keyword))
    }

    /// As it stands in the statement, for an error.
    pub(super) fn shown(&self) -> String {
        match self {
            Self::Word(text) | Self::Number(text) => text.clone(),
            Self::Text(text) => format!("'{text}'"),
            Self::Quoted(text) => format!("\"{text}\""),
            Self::Sign(sign) => sign.to_string(),
        }
    }
}

pub(super) fn split(statement: &str) -> Result<Vec<Token>, String> {
    let mut tokens = Vec::new();
    let mut rest = statement.trim_start();
    while let Some(first) = rest.chars().next() {
        let (token, length) = match first {
            '\'' | '"' => {
                let text = rest[1..].split(first).next().unwrap_or_default();
                let length = text.len() + 2;
                if length > rest.len() {
                    return Err(format!("a text that begins with {first} has no end"));
                }
                let text = text.to_owned();
                let token = if first == '"' {
                    Token::Quoted(text)
                } else {
                    Token::Text(text)
                };
                (token, length)
            }
            c if c.is_alphabetic() || c == '_' => {
                let word = run(rest, |c| c.is_alphanumeric() || c == '_');
                (Token::Word(word.to_owned()), word.len())
            }
            c if c.is_ascii_digit() => {
                let number = run(rest, |c| c.is_ascii_digit() || c == '.');
                (Token::Number(number.to_owned()), number.len())
            }
            sign => (Token::Sign(sign), sign.len_utf8()),
        };
        tokens.push(token);
        rest = rest[length..].trim_start();
    }
    Ok(tokens)
}

fn run(text: &str, belongs: impl Fn(char) -> bool) -> &str {
    let end = text.find(|c| !belongs(c)).unwrap_or(text.len());
    &text[..end]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_texts_numbers_and_signs() {
        let tokens = split("select *,\n topic(2) AS Größe_1\tFROM 'a b/+'\"x\"").unwrap();
        let shown: Vec<_> = tokens.iter().map(Token::shown).collect();
        let expected = [
            "select",
            "*",
            ",",
            "topic",
            "(",
            "2",
            ")",
            "AS",
            "Größe_1",
            "FROM",
            "'a b/+'",
            "\"x\"",
        ];
        assert_eq!(shown, expected);
        assert!(tokens[0].is_word("SELECT"));
    }

    #[test]
    fn a_text_without_end_is_an_error() {
        for statement in ["SELECT * FROM 'a", "'", "\"a'"] {
            assert!(split(statement).unwrap_err().contains("has no end"));
        }
    }
}
