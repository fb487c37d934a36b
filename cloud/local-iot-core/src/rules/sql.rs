//! The statement of a rule: the part of AWS's SQL that is supported here (Developer Guide, "AWS IoT SQL reference").
//! Whatever else AWS knows is refused by its name, so that no rule does less here than it seems to.

use std::slice::Iter;

use super::filter;
use super::tokens::{self, Token};

/// For each refusal.
const SUPPORTED: &str = "this local emulator knows SELECT with *, encode(*, 'base64'), topic(), topic(n), timestamp() and clientid(), each function with AS <name>, and FROM '<topic filter>'";

/// `awsIotSqlVersion` (Developer Guide, "SQL versions").
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SqlVersion {
    V20151008,
    V20160323,
    Beta,
}

impl SqlVersion {
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let all = [Self::V20151008, Self::V20160323, Self::Beta];
        all.into_iter().find(|version| version.text() == text)
    }

    pub(crate) fn text(self) -> &'static str {
        match self {
            Self::V20151008 => "2015-10-08",
            Self::V20160323 => "2016-03-23",
            Self::Beta => "beta",
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Statement {
    pub(crate) text: String,
    pub(super) columns: Vec<Column>,
    /// `None` for a rule that only Basic Ingest reaches.
    pub(crate) filter: Option<String>,
}

/// One of what is selected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Column {
    pub(super) value: Expression,
    /// `None` for a `*` that stands for itself.
    pub(super) name: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Expression {
    /// `*`
    Payload,
    /// `encode(*, 'base64')`
    EncodedPayload,
    /// `topic()`, or one of its levels, of which the first is 1.
    Topic(Option<usize>),
    Timestamp,
    ClientId,
}

impl Statement {
    /// The error says what is wrong with it. AWS's own texts are UNCONFIRMED.
    pub(crate) fn parse(text: &str, version: SqlVersion) -> Result<Self, String> {
        let tokens = tokens::split(text)?;
        let mut parser = Parser {
            rest: tokens.iter(),
            version,
        };
        parser.keyword("SELECT")?;
        let mut columns = vec![parser.column()?];
        while parser.skip(&Token::Sign(',')) {
            columns.push(parser.column()?);
        }
        check_names(&columns)?;
        let filter = parser.from()?;
        if let Some(filter) = &filter {
            filter::check(filter)?;
        }
        Ok(Self {
            text: text.to_owned(),
            columns,
            filter,
        })
    }
}

struct Parser<'a> {
    rest: Iter<'a, Token>,
    version: SqlVersion,
}

fn unsupported(what: &str) -> String {
    format!("{what} is not supported: {SUPPORTED}")
}

impl<'a> Parser<'a> {
    fn peek(&self) -> Option<&'a Token> {
        self.rest.as_slice().first()
    }

    fn skip(&mut self, expected: &Token) -> bool {
        let found = self.peek() == Some(expected);
        if found {
            self.rest.next();
        }
        found
    }

    fn skip_word(&mut self, keyword: &str) -> bool {
        let found = self.peek().is_some_and(|token| token.is_word(keyword));
        if found {
            self.rest.next();
        }
        found
    }

    fn keyword(&mut self, keyword: &str) -> Result<(), String> {
        if self.skip_word(keyword) {
            return Ok(());
        }
        match self.peek() {
            Some(token) if token.is_word("SET") => Err(unsupported("SET")),
            Some(token) => Err(format!("{keyword} is expected, not {}", token.shown())),
            None => Err(format!("{keyword} is missing")),
        }
    }

    fn column(&mut self) -> Result<Column, String> {
        let value = self.expression()?;
        if let Some(Token::Sign(
            sign @ ('+' | '-' | '*' | '/' | '%' | '<' | '>' | '=' | '|' | '.'),
        )) = self.peek()
        {
            return Err(unsupported(&format!("the operator {sign}")));
        }
        if self.skip_word("AS") {
            return Ok(Column {
                value,
                name: Some(self.name()?),
            });
        }
        if value == Expression::Payload {
            return Ok(Column { value, name: None });
        }
        let function = value.name();
        Err(format!(
            "{function} needs a name: {function} AS <name> (what AWS calls it without one is not documented)"
        ))
    }

    fn expression(&mut self) -> Result<Expression, String> {
        match self.rest.next() {
            Some(Token::Sign('*')) => Ok(Expression::Payload),
            Some(Token::Word(word)) if self.skip(&Token::Sign('(')) => self.function(word),
            Some(Token::Word(word)) if word.eq_ignore_ascii_case("FROM") => {
                Err("nothing is selected before FROM".to_owned())
            }
            Some(Token::Word(word)) if word.eq_ignore_ascii_case("VALUE") => {
                Err(unsupported("SELECT VALUE"))
            }
            Some(Token::Word(word)) if word.eq_ignore_ascii_case("CASE") => {
                Err(unsupported("CASE"))
            }
            Some(Token::Word(word)) => Err(unsupported(&format!("the attribute {word}"))),
            Some(Token::Sign('(')) => Err(unsupported("a query in parentheses")),
            Some(literal @ (Token::Number(_) | Token::Text(_) | Token::Quoted(_))) => {
                Err(unsupported(&format!("the literal {}", literal.shown())))
            }
            Some(other) => Err(unsupported(&other.shown())),
            None => Err("the statement ends where a column is expected".to_owned()),
        }
    }

    /// After its name and the parenthesis.
    fn function(&mut self, name: &str) -> Result<Expression, String> {
        let expression = match name.to_ascii_lowercase().as_str() {
            "topic" => Expression::Topic(self.level()?),
            "timestamp" => Expression::Timestamp,
            "clientid" => Expression::ClientId,
            "encode" => self.encode()?,
            _ => return Err(unsupported(&format!("the function {name}()"))),
        };
        if self.skip(&Token::Sign(')')) {
            return Ok(expression);
        }
        let found = self.peek().map_or("the end".to_owned(), Token::shown);
        Err(format!("{}: ) is expected, not {found}", expression.name()))
    }

    fn level(&mut self) -> Result<Option<usize>, String> {
        let Some(Token::Number(digits)) = self.peek() else {
            return Ok(None);
        };
        self.rest.next();
        match digits.parse() {
            Ok(level) => Ok(Some(level)),
            Err(_) => Err(unsupported(&format!("topic({digits})"))),
        }
    }

    fn encode(&mut self) -> Result<Expression, String> {
        if self.version == SqlVersion::V20151008 {
            return Err(
                "encode() needs awsIotSqlVersion 2016-03-23, and without one it is 2015-10-08"
                    .to_owned(),
            );
        }
        let payload = self.skip(&Token::Sign('*')) && self.skip(&Token::Sign(','));
        let scheme = match self.rest.next() {
            Some(Token::Text(scheme) | Token::Quoted(scheme)) => scheme.as_str(),
            _ => "",
        };
        if payload && scheme == "base64" {
            return Ok(Expression::EncodedPayload);
        }
        Err(unsupported("encode() of anything but (*, 'base64')"))
    }

    fn name(&mut self) -> Result<String, String> {
        let name = match self.rest.next() {
            Some(Token::Word(name)) => name.clone(),
            Some(other) => return Err(unsupported(&format!("AS {}", other.shown()))),
            None => return Err("a name is missing after AS".to_owned()),
        };
        match self.peek() {
            Some(Token::Sign('.')) => Err(unsupported("a name with dots after AS")),
            _ => Ok(name),
        }
    }

    /// FROM, which a rule for Basic Ingest alone may leave out, and the end.
    fn from(&mut self) -> Result<Option<String>, String> {
        if self.rest.as_slice().is_empty() {
            return Ok(None);
        }
        self.keyword("FROM")?;
        let filter = match self.rest.next() {
            Some(Token::Text(filter)) => filter.clone(),
            Some(other) => {
                return Err(format!(
                    "FROM {}: a topic filter stands in single quotes",
                    other.shown()
                ));
            }
            None => return Err("a topic filter is missing after FROM".to_owned()),
        };
        match self.rest.next() {
            None => Ok(Some(filter)),
            Some(token) if token.is_word("WHERE") => Err(unsupported("WHERE")),
            Some(other) => Err(unsupported(&format!(
                "{} after the topic filter",
                other.shown()
            ))),
        }
    }
}

impl Expression {
    fn name(&self) -> &'static str {
        match self {
            Self::Payload => "*",
            Self::EncodedPayload => "encode(*, 'base64')",
            Self::Topic(_) => "topic()",
            Self::Timestamp => "timestamp()",
            Self::ClientId => "clientid()",
        }
    }
}

/// Which of two columns of one name counts is UNCONFIRMED.
fn check_names(columns: &[Column]) -> Result<(), String> {
    for (index, column) in columns.iter().enumerate() {
        if columns[..index]
            .iter()
            .any(|other| other.name == column.name)
        {
            let name = column.name.as_deref().unwrap_or("*");
            return Err(format!("{name} is selected twice"));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Statement, String> {
        Statement::parse(text, SqlVersion::V20160323)
    }

    fn column(value: Expression, name: Option<&str>) -> Column {
        Column {
            value,
            name: name.map(str::to_owned),
        }
    }

    #[test]
    fn what_is_supported() {
        use Expression::{ClientId, EncodedPayload, Payload, Timestamp, Topic};
        let rows = [
            (
                "SELECT * FROM 'a/b'",
                vec![column(Payload, None)],
                Some("a/b"),
            ),
            (
                "select  *\nfrom 'a/+/#' ",
                vec![column(Payload, None)],
                Some("a/+/#"),
            ),
            ("SELECT *", vec![column(Payload, None)], None),
            (
                "SELECT * AS payload, topic() as topic FROM '#'",
                vec![
                    column(Payload, Some("payload")),
                    column(Topic(None), Some("topic")),
                ],
                Some("#"),
            ),
            (
                "SELECT *, topic(1) AS id, Topic(02) AS kind, TIMESTAMP() AS timestamp, clientid() AS c FROM '+/batch'",
                vec![
                    column(Payload, None),
                    column(Topic(Some(1)), Some("id")),
                    column(Topic(Some(2)), Some("kind")),
                    column(Timestamp, Some("timestamp")),
                    column(ClientId, Some("c")),
                ],
                Some("+/batch"),
            ),
            (
                r#"SELECT encode(*, 'base64') AS data, encode( * , "base64" ) AS again"#,
                vec![
                    column(EncodedPayload, Some("data")),
                    column(EncodedPayload, Some("again")),
                ],
                None,
            ),
        ];
        for (text, columns, filter) in rows {
            let expected = Statement {
                text: text.to_owned(),
                columns,
                filter: filter.map(str::to_owned),
            };
            assert_eq!(parse(text), Ok(expected), "{text}");
        }
    }

    #[test]
    fn what_else_aws_knows_is_refused_by_name() {
        let rows = [
            ("SELECT * FROM 'a' WHERE x > 1", "WHERE is not supported"),
            ("SELECT color FROM 'a'", "the attribute color"),
            ("SELECT a.b FROM 'a'", "the attribute a"),
            ("SELECT *, 15 AS speed FROM 'a'", "the literal 15"),
            ("SELECT 'x' AS kind FROM 'a'", "the literal 'x'"),
            ("SELECT VALUE a FROM 'a'", "SELECT VALUE"),
            ("SELECT CASE a WHEN 1 THEN 2 END FROM 'a'", "CASE"),
            (
                "SELECT (SELECT v FROM n) AS v FROM 'a'",
                "a query in parentheses",
            ),
            ("SET @x = 1 SELECT * FROM 'a'", "SET"),
            ("SELECT newuuid() AS id FROM 'a'", "the function newuuid()"),
            (
                "SELECT principal() AS p FROM 'a'",
                "the function principal()",
            ),
            ("SELECT timestamp() / 1000 AS s FROM 'a'", "the operator /"),
            ("SELECT * .a FROM 'a'", "the operator ."),
            ("SELECT [topic()] AS t FROM 'a'", "[ is not supported"),
            (
                "SELECT encode(x, 'base64') AS d FROM 'a'",
                "encode() of anything but",
            ),
            (
                "SELECT encode(*, 'hex') AS d FROM 'a'",
                "encode() of anything but",
            ),
            ("SELECT topic(1.5) AS d FROM 'a'", "topic(1.5)"),
            ("SELECT topic() AS a.b FROM 'a'", "a name with dots"),
            ("SELECT topic() AS 'a' FROM 'a'", "AS 'a'"),
            ("SELECT * FROM 'a' LIMIT 1", "LIMIT after the topic filter"),
        ];
        for (text, expected) in rows {
            let error = parse(text).unwrap_err();
            assert!(error.contains(expected), "{text}: {error}");
            assert!(error.ends_with(SUPPORTED), "{text}: {error}");
        }
    }

    #[test]
    fn what_is_wrong_is_named() {
        let (long, deep) = ("x".repeat(257), "a/".repeat(8));
        let (long, deep) = (
            format!("SELECT * FROM '{long}'"),
            format!("SELECT * FROM '{deep}'"),
        );
        let rows = [
            ("", "SELECT is missing"),
            ("*", "SELECT is expected, not *"),
            ("SELECT", "ends where a column is expected"),
            ("SELECT FROM 'a'", "nothing is selected"),
            ("SELECT *,", "ends where a column is expected"),
            ("SELECT * topic()", "FROM is expected, not topic"),
            ("SELECT topic() FROM 'a'", "topic() AS <name>"),
            ("SELECT topic( FROM 'a'", ") is expected, not FROM"),
            ("SELECT timestamp(1) AS t", ") is expected, not 1"),
            ("SELECT topic() AS", "a name is missing after AS"),
            ("SELECT *, * FROM 'a'", "* is selected twice"),
            (
                "SELECT topic() AS a, timestamp() AS a",
                "a is selected twice",
            ),
            ("SELECT * FROM", "missing after FROM"),
            ("SELECT * FROM a/b", "single quotes"),
            ("SELECT * FROM \"a/b\"", "single quotes"),
            ("SELECT * FROM 'a", "has no end"),
            ("SELECT * FROM ''", "not a topic filter"),
            ("SELECT * FROM 'a/#/b'", "not a topic filter"),
            ("SELECT * FROM 'a+'", "not a topic filter"),
            (
                "SELECT * FROM '$aws/rules/r/#'",
                "cannot subscribe to a topic of Basic Ingest",
            ),
            ("SELECT * FROM '$aws/events/#'", "would never run"),
            (&long, "257 bytes"),
            (&deep, "8 slashes"),
        ];
        for (text, expected) in rows {
            let error = parse(text).unwrap_err();
            assert!(error.contains(expected), "{text}: {error}");
        }
    }

    #[test]
    fn the_first_version_cannot_encode() {
        let error = Statement::parse("SELECT encode(*, 'base64') AS d", SqlVersion::V20151008);
        assert!(error.unwrap_err().contains("2016-03-23"));
    }
}
