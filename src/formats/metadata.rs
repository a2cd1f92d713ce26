//! `METADATA` of a distribution, formerly `PKG-INFO` ("core metadata" specification of `PyPA`).

/// The values of `Name` and `Version`; `None` if one is missing or empty.
pub(crate) fn name_and_version(bytes: &[u8]) -> Option<(String, String)> {
    let text = String::from_utf8_lossy(bytes);
    Some((header(&text, "Name")?, header(&text, "Version")?))
}

/// The value of the first header of a name, whose case does not matter (RFC 822, which the
/// specification refers to); `None` where it is missing or empty.
pub(crate) fn header(text: &str, name: &str) -> Option<String> {
    let mut headers = text.lines().filter_map(|line| line.split_once(':'));
    let (_, value) = headers.find(|(found, _)| found.eq_ignore_ascii_case(name))?;
    Some(value.trim().to_owned()).filter(|value| !value.is_empty())
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

    proptest::proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes in proptest::collection::vec(proptest::arbitrary::any::<u8>(), 0..200)) {
            let _ = (name_and_version(&bytes), fields(&String::from_utf8_lossy(&bytes)).len());
            let _ = name_and_version(&[b"Name: a\nVersion: ", &*bytes].concat());
        }
    }
}
