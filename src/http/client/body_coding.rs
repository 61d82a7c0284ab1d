//! Unpacks compressed bodies (RFC 9110 §8.4). The client asks for none (`Accept-Encoding: identity`), but
//! some servers and gateways compress anyway.
//!
//! A body that cannot be unpacked is reported with its coding, so that binary data is never read as text.

use std::io::{self, Read};

use brotli_decompressor::Decompressor;
use flate2::read::{DeflateDecoder, MultiGzDecoder, ZlibDecoder};

use crate::http::{Body, HeaderMap, header};

/// The most codings that one body may have on top of each other.
const MOST_CODINGS: usize = 4;

/// Size of the buffer of brotli.
const BUFFER: usize = 4096;

/// The first bytes of gzip data (RFC 1952 §2.3.1). JSON and HTML never begin so.
const GZIP: [u8; 3] = [0x1f, 0x8b, 8];

/// The result of unpacking.
enum Unpacked {
    Data(Vec<u8>),
    TooLong,
    Damaged,
    Unknown,
}

/// Unpacks a body to at most `cap` bytes.
pub(in crate::http) fn unpack(body: Vec<u8>, headers: &HeaderMap, cap: usize) -> Body {
    if body.is_empty() {
        return Body::Whole(body);
    }
    let mut codings = codings(headers);
    if codings.is_empty() && body.starts_with(&GZIP) {
        codings.push("gzip".to_owned());
    }
    if codings.len() > MOST_CODINGS {
        return Body::Packed("the body is compressed too many times".to_owned());
    }
    let mut body = body;
    // The coding that was applied last comes last.
    for coding in codings.iter().rev() {
        body = match unpack_one(coding, &body, cap) {
            Unpacked::Data(data) => data,
            Unpacked::TooLong => return Body::TooLong,
            // Some gateways unpack a body and leave the header as it was.
            Unpacked::Damaged | Unpacked::Unknown if is_plain(&body) => body,
            Unpacked::Damaged => {
                return Body::Broken(format!("the body is compressed ({coding}), and is damaged"));
            }
            Unpacked::Unknown => {
                return Body::Packed(format!(
                    "the body is compressed ({coding}) though nothing but plain text was asked for, and \
                     this kind cannot be unpacked"
                ));
            }
        };
    }
    Body::Whole(body)
}

/// The names in `Content-Encoding`, in lower case and safe to print.
fn codings(headers: &HeaderMap) -> Vec<String> {
    let values = headers.get_all(header::CONTENT_ENCODING).into_iter();
    let texts = values.map(|value| String::from_utf8_lossy(value.as_bytes()));
    let names = texts.flat_map(|text| {
        let names = text.split(',').take(MOST_CODINGS + 1);
        let names = names.map(|name| name.trim().to_ascii_lowercase());
        names.collect::<Vec<_>>()
    });
    let names = names.filter(|name| !name.is_empty() && name != "identity");
    let names = names.map(|name| crate::http::one_line(&name).chars().take(30).collect());
    names.take(MOST_CODINGS + 1).collect()
}

fn unpack_one(coding: &str, body: &[u8], cap: usize) -> Unpacked {
    match coding {
        "gzip" | "x-gzip" => read(MultiGzDecoder::new(body), cap),
        // Servers mean either of two formats by that (RFC 9110 §8.4.1.2).
        "deflate" => match read(ZlibDecoder::new(body), cap) {
            Unpacked::Damaged => read(DeflateDecoder::new(body), cap),
            other => other,
        },
        "br" => read(Decompressor::new(body, BUFFER), cap),
        _ => Unpacked::Unknown,
    }
}

/// Unpacks at most one byte more than the cap, so that a small body cannot fill the memory.
fn read(packed: impl Read, cap: usize) -> Unpacked {
    let mut data = Vec::new();
    let limit = u64::try_from(cap).unwrap_or(u64::MAX).saturating_add(1);
    let whole: io::Result<usize> = packed.take(limit).read_to_end(&mut data);
    match whole {
        Ok(length) if length > cap => Unpacked::TooLong,
        Ok(_) => Unpacked::Data(data),
        Err(_) => Unpacked::Damaged,
    }
}

/// Whether the data is plain text as services and gateways send it: a JSON object or list, or a page.
fn is_plain(body: &[u8]) -> bool {
    let first = body.trim_ascii_start().first();
    matches!(first, Some(b'{' | b'[' | b'<')) && std::str::from_utf8(body).is_ok()
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use base64::Engine;
    use flate2::Compression;
    use flate2::write::{DeflateEncoder, GzEncoder, ZlibEncoder};
    use proptest::prelude::*;

    use super::*;
    use crate::http::HeaderValue;

    const CAP: usize = 10_000;

    const TEXT: &[u8] = br#"{"id":"u1","userName":"ada@example.com"}"#;

    /// `TEXT`, compressed by another program: this crate cannot write brotli.
    const BROTLI: &str = "ixOAeyJpZCI6InUxIiwidXNlck5hbWUiOiJhZGFAZXhhbXBsZS5jb20ifQM=";

    fn headers(coding: &str) -> HeaderMap {
        let mut headers = HeaderMap::new();
        if !coding.is_empty() {
            let coding = HeaderValue::from_str(coding).unwrap();
            headers.insert(header::CONTENT_ENCODING, coding);
        }
        headers
    }

    fn read(body: &[u8], coding: &str) -> Result<Vec<u8>, String> {
        match unpack(body.to_vec(), &headers(coding), CAP) {
            Body::Whole(body) => Ok(body),
            Body::TooLong => Err("too long".to_owned()),
            Body::Broken(why) | Body::Packed(why) => Err(why),
        }
    }

    fn gzip(data: &[u8]) -> Vec<u8> {
        let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
        packed.write_all(data).unwrap();
        packed.finish().unwrap()
    }

    fn zlib(data: &[u8]) -> Vec<u8> {
        let mut packed = ZlibEncoder::new(Vec::new(), Compression::fast());
        packed.write_all(data).unwrap();
        packed.finish().unwrap()
    }

    fn deflate(data: &[u8]) -> Vec<u8> {
        let mut packed = DeflateEncoder::new(Vec::new(), Compression::fast());
        packed.write_all(data).unwrap();
        packed.finish().unwrap()
    }

    #[test]
    fn each_coding_is_unpacked_whatever_its_spelling() {
        let engine = base64::engine::general_purpose::STANDARD;
        let brotli = engine.decode(BROTLI).unwrap();
        for (body, coding) in [
            (TEXT.to_vec(), ""),
            (TEXT.to_vec(), "identity"),
            (gzip(TEXT), "gzip"),
            (gzip(TEXT), " X-GZip "),
            (gzip(TEXT), ""),
            (zlib(TEXT), "deflate"),
            (deflate(TEXT), "Deflate"),
            (brotli, "br"),
            (gzip(&deflate(TEXT)), "deflate, gzip"),
            // A gateway has unpacked the body and left the header.
            (TEXT.to_vec(), "gzip"),
            (TEXT.to_vec(), "br"),
            (TEXT.to_vec(), "zstd"),
        ] {
            assert_eq!(read(&body, coding).as_deref(), Ok(TEXT), "{coding:?}");
        }
        assert_eq!(read(b"", "gzip"), Ok(Vec::new()));
    }

    #[test]
    fn a_body_that_cannot_be_unpacked_is_reported_with_its_coding() {
        for (body, coding, expected) in [
            (&gzip(TEXT)[..20], "gzip", "(gzip), and is damaged"),
            (b"\x28\xb5\x2f\xfd\x00", "zstd", "(zstd)"),
            (b"\xff\xff\xff\xff", "br", "(br), and is damaged"),
            (b"\xff\xff\xff\xff", "\u{7f}odd", ""),
            (TEXT, "br, br, br, br, br, br", "too many times"),
        ] {
            let Ok(_) = HeaderValue::from_str(coding) else {
                continue;
            };
            let why = read(body, coding).unwrap_err();
            assert!(why.contains(expected), "{why}");
        }
    }

    #[test]
    fn the_cap_limits_the_unpacked_size() {
        let whole = vec![b'x'; CAP];
        assert_eq!(read(&gzip(&whole), "gzip"), Ok(whole));
        for body in [gzip(&[b'x'; CAP + 1]), gzip(&vec![b'x'; 100 * CAP])] {
            assert_eq!(read(&body, "gzip"), Err("too long".to_owned()));
        }
        let zipped = read(&deflate(&vec![b'x'; 100 * CAP]), "deflate");
        assert_eq!(zipped, Err("too long".to_owned()));
    }

    proptest! {
        #[test]
        fn no_data_breaks_the_cap(body: Vec<u8>, coding in "gzip|deflate|br|zstd|[a-z, ]{0,20}") {
            if let Ok(data) = read(&body, &coding) {
                prop_assert!(data.len() <= CAP);
            }
        }
    }
}
