//! `METADATA` of a distribution, formerly `PKG-INFO` ("core metadata" specification of `PyPA`).

/// The values of `Name` and `Version`; `None` where one is missing or empty.
pub(crate) fn name_and_version(bytes: &[u8]) -> Option<(String, String)> {
    let text = String::from_utf8_lossy(bytes);
    let header = |name: &str| {
        let value = text.lines().find_map(|line| line.strip_prefix(name))?.trim();
        Some(value.to_owned()).filter(|value| !value.is_empty())
    };
    Some((header("Name:")?, header("Version:")?))
}

#[cfg(test)]
mod tests {
    use super::*;

    proptest::proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes in proptest::collection::vec(proptest::arbitrary::any::<u8>(), 0..200)) {
            let _ = name_and_version(&bytes);
            let _ = name_and_version(&[b"Name: a\nVersion: ", &*bytes].concat());
        }
    }
}
