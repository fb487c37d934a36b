//! Query strings, as HTML forms write them (`application/x-www-form-urlencoded`): a `+` is a space, so a base64 `+` must
//! travel as `%2B`.

use std::borrow::Cow;

use crate::percent;

/// One parameter of a query. No `Debug`: it may be a secret.
pub struct QueryParameter<'a> {
    name: Cow<'a, str>,
    raw: &'a [u8],
}

impl<'a> QueryParameter<'a> {
    /// The name, decoded.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The value as it stands in the query.
    pub fn raw(&self) -> &'a [u8] {
        self.raw
    }

    /// The value, decoded; `None` if it is not percent-encoded.
    pub fn bytes(&self) -> Option<Vec<u8>> {
        let spaced: Vec<u8> = self
            .raw
            .iter()
            .map(|byte| if *byte == b'+' { b' ' } else { *byte })
            .collect();
        percent::decode(&spaced)
    }
}

/// All parameters, in their order.
pub fn parameters(query: &[u8]) -> impl Iterator<Item = QueryParameter<'_>> {
    let pairs = query.split(|byte| *byte == b'&');
    pairs.filter_map(|pair| {
        // Of an empty pair there is none.
        let (name, _) = form_urlencoded::parse(pair).next()?;
        let raw = match pair.iter().position(|byte| *byte == b'=') {
            Some(at) => &pair[at + 1..],
            None => &[],
        };
        Some(QueryParameter { name, raw })
    })
}

/// The first parameter of this very name.
pub fn find<'a>(query: &'a str, name: &str) -> Option<QueryParameter<'a>> {
    parameters(query.as_bytes()).find(|parameter| parameter.name == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_parameter_of_a_name_counts() {
        let query = "qos=1&token=a%2Bb+c&empty&&%71=x&qos=0&bad=%zz&raw=%ff";
        type Row = (&'static str, Option<Option<&'static [u8]>>);
        let rows: [Row; 7] = [
            ("qos", Some(Some(b"1"))),
            ("token", Some(Some(b"a+b c"))),
            ("empty", Some(Some(b""))),
            ("q", Some(Some(b"x"))),
            ("QOS", None),
            ("bad", Some(None)),
            ("raw", Some(Some(b"\xff"))),
        ];
        for (name, expected) in rows {
            let found = find(query, name).map(|parameter| parameter.bytes());
            let found = found.as_ref().map(Option::as_deref);
            assert_eq!(found, expected, "{name}");
        }
        assert_eq!(find(query, "token").unwrap().raw(), b"a%2Bb+c");
    }

    #[test]
    fn all_parameters_are_there_in_their_order() {
        let names: Vec<_> = parameters(b"b=1&a&&b=2")
            .map(|parameter| parameter.name().to_owned())
            .collect();
        assert_eq!(names, ["b", "a", "b"]);
        assert_eq!(parameters(b"").count(), 0);
    }
}
