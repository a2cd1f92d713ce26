//! `METADATA` of a distribution, formerly `PKG-INFO` ("core metadata" specification of `PyPA`).

/// The values of `Name` and `Version`; `None` if one is missing or empty.
pub(crate) fn name_and_version(bytes: &[u8]) -> Option<(String, String)> {
    let text = String::from_utf8_lossy(bytes);
    Some((header(&text, "Name")?.to_owned(), header(&text, "Version")?.to_owned()))
}

/// The value of the first header of a name, whose case does not matter (RFC 822, which the
/// specification refers to); `None` where it is missing or empty. The description follows after the first
/// empty line.
pub(crate) fn header<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    let headers = text.lines().take_while(|line| !line.is_empty());
    let (_, value) = headers
        .filter_map(|line| line.split_once(':'))
        .find(|(found, _)| found.eq_ignore_ascii_case(name))?;
    Some(value.trim()).filter(|value| !value.is_empty())
}

/// The fields of the header, in order: names and values, without line breaks. The description follows after
/// the first empty line.
pub(crate) fn fields(text: &str) -> Vec<(&str, String)> {
    let mut fields: Vec<(&str, String)> = Vec::new();
    for line in text.lines().take_while(|line| !line.is_empty()) {
        if line.starts_with([' ', '\t']) {
            if let Some((_, value)) = fields.last_mut() {
                value.push(' ');
                value.push_str(line.trim());
            }
        } else if let Some((name, value)) = line.split_once(':') {
            fields.push((name, value.trim().to_owned()));
        }
    }
    fields
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_can_go_on_in_the_next_line() {
        let text = "Name: a\r\nRequires-Dist: b (>=1);\r\n  extra == 'c'\r\n\r\nName: no\n";
        let expected = [("Name", "a"), ("Requires-Dist", "b (>=1); extra == 'c'")];
        assert_eq!(fields(text), expected.map(|(name, value)| (name, value.to_owned())));
    }

    #[test]
    fn a_line_of_the_description_is_not_a_header() {
        for end in ["\n", "\r\n"] {
            let text = ["Name: a", "", "Version: 2", ""].join(end);
            assert_eq!(name_and_version(text.as_bytes()), None);
            let text = ["name:  a ", "VERSION: 1", "", "Version: 2", ""].join(end);
            let expected = Some(("a".to_owned(), "1".to_owned()));
            assert_eq!(name_and_version(text.as_bytes()), expected);
        }
        assert_eq!(name_and_version(b"Name: a\nVersion:\n"), None);
    }

    proptest::proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes in proptest::collection::vec(proptest::arbitrary::any::<u8>(), 0..200)) {
            let _ = (name_and_version(&bytes), fields(&String::from_utf8_lossy(&bytes)).len());
            let _ = name_and_version(&[b"Name: a\nVersion: ", &*bytes].concat());
        }
    }
}
