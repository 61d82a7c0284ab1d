//! A Markdown document: its blocks of code with their class, its headings, its links and its code spans.

use std::ops::Range;

use pulldown_cmark::{CodeBlockKind, Event, Options, Parser, Tag, TagEnd};

/// A document of the repository.
#[derive(Debug)]
pub(super) struct Page {
    /// The path from the root of the repository: `docs/evidence.md`.
    pub(super) path: String,
    /// The content.
    pub(super) text: String,
}

/// What happens to a block of code. The comment right before the block says so, if it is no plain one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Fate {
    /// Commands that are run one after another. The last of them ends with this code, the others with 0.
    Run { last_code: i32 },
    /// One command that stays in the background until the end of the document: `<!-- in the background -->`.
    Background,
    /// Commands that cannot be run here, by the name under which the reason is listed: `<!-- not run: NAME -->`.
    NotRun { name: String },
    /// The content of a file for the commands after it: `<!-- file: NAME -->`.
    File { name: String },
    /// No commands.
    Shown,
}

/// A block of code between fences.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Fence {
    /// The language behind the fence.
    pub(super) language: String,
    /// The content, with a line end after each line.
    pub(super) code: String,
    /// Where the content is in the document.
    pub(super) place: Range<usize>,
    /// The line of the document on which the content begins.
    pub(super) line: usize,
    pub(super) fate: Fate,
}

/// Everything of a document that tests look at.
#[derive(Debug, Default)]
pub(super) struct Contents {
    pub(super) fences: Vec<Fence>,
    /// The name by which a link leads to each heading.
    pub(super) anchors: Vec<String>,
    /// Where the links and pictures lead.
    pub(super) targets: Vec<String>,
    /// The pieces in backticks.
    pub(super) spans: Vec<String>,
}

impl Page {
    pub(super) fn read(path: &str) -> Self {
        let full = super::book::root().join(path);
        let text = std::fs::read_to_string(&full)
            .unwrap_or_else(|error| panic!("{}: {error}", full.display()));
        Self {
            path: path.to_owned(),
            text,
        }
    }

    /// Takes the document apart.
    pub(super) fn contents(&self) -> Contents {
        let mut contents = Contents::default();
        let mut heading: Option<String> = None;
        // The comment that ends right before the next block.
        let mut comment = String::new();
        let parser = Parser::new_ext(&self.text, Options::ENABLE_TABLES).into_offset_iter();
        for (event, place) in parser {
            match event {
                Event::Start(Tag::CodeBlock(kind)) => {
                    contents
                        .fences
                        .push(self.fence(&kind, place, comment.trim()));
                    comment.clear();
                }
                Event::Start(Tag::Heading { .. }) => heading = Some(String::new()),
                Event::End(TagEnd::Heading(_)) => {
                    let text = heading.take().unwrap_or_default();
                    contents.anchors.push(anchor(&text));
                }
                Event::Start(Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. }) => {
                    contents.targets.push(dest_url.into_string());
                }
                Event::Html(html) | Event::InlineHtml(html) => {
                    contents.targets.extend(html_targets(&html));
                    html.trim().clone_into(&mut comment);
                }
                Event::Code(code) => {
                    if let Some(heading) = &mut heading {
                        heading.push_str(&code);
                    }
                    contents.spans.push(code.into_string());
                }
                Event::Text(text) => {
                    if let Some(heading) = &mut heading {
                        heading.push_str(&text);
                    }
                }
                Event::Start(Tag::Paragraph) => comment.clear(),
                _ => {}
            }
        }
        contents
    }

    /// The block whose fences are at this place.
    fn fence(&self, kind: &CodeBlockKind<'_>, place: Range<usize>, comment: &str) -> Fence {
        let whole = &self.text[place.clone()];
        let start = place.start + whole.find('\n').map_or(whole.len(), |at| at + 1);
        let end = place.start + whole.trim_end().rfind('\n').map_or(0, |at| at + 1);
        let language = match kind {
            CodeBlockKind::Fenced(language) => language.to_string(),
            CodeBlockKind::Indented => String::new(),
        };
        let line = self.text[..start].matches('\n').count() + 1;
        let fate =
            fate(&language, comment).unwrap_or_else(|why| panic!("{}:{line}: {why}", self.path));
        Fence {
            language,
            code: self.text[start..end.max(start)].to_owned(),
            place: start..end.max(start),
            line,
            fate,
        }
    }
}

/// What happens to a block with this language, after this comment.
fn fate(language: &str, comment: &str) -> Result<Fate, String> {
    let said = comment
        .strip_prefix("<!--")
        .and_then(|rest| rest.strip_suffix("-->"))
        .map(str::trim);
    let is_shell = ["sh", "console"].contains(&language);
    if language.is_empty() {
        return Err("a block without a language".to_owned());
    }
    match said {
        Some("in the background") if is_shell => Ok(Fate::Background),
        Some(said) if let Some(name) = said.strip_prefix("not run: ") => Ok(Fate::NotRun {
            name: name.to_owned(),
        }),
        Some(said) if let Some(name) = said.strip_prefix("file: ") => Ok(Fate::File {
            name: name.to_owned(),
        }),
        Some(said) if let Some(code) = said.strip_prefix("ends with ") => {
            let last_code = code.parse().map_err(|_| format!("no exit code `{code}`"))?;
            Ok(Fate::Run { last_code })
        }
        Some(said) => Err(format!("unknown class of a block: `{said}`")),
        None if is_shell => Ok(Fate::Run { last_code: 0 }),
        None => Ok(Fate::Shown),
    }
}

/// The name of a heading in links, as GitHub and mdBook make it.
fn anchor(heading: &str) -> String {
    let kept = heading.trim().to_lowercase();
    let kept = kept
        .chars()
        .filter(|c| c.is_alphanumeric() || ['-', '_', ' '].contains(c));
    kept.map(|c| if c == ' ' { '-' } else { c }).collect()
}

/// The targets of `href` and `src` in a piece of HTML.
fn html_targets(html: &str) -> Vec<String> {
    ["href=\"", "src=\"", "srcset=\""]
        .iter()
        .flat_map(|name| html.split(name).skip(1))
        .filter_map(|rest| rest.split_once('"'))
        .map(|(target, _)| target.to_owned())
        .collect()
}

#[test]
fn a_page_is_taken_apart() {
    let text = "# A b: `c`, d\n\n[x](y.md#z) and `s`\n\n<!-- ends with 6 -->\n```console\n$ a\nb\n```\n\n\
                Text.\n\n```toml\nk = 1\n```\n\n<!-- not run: engine -->\n```sh\n```\n\n\
                <img src=\"p.svg\">\n";
    let page = Page {
        path: "p.md".to_owned(),
        text: text.to_owned(),
    };
    let contents = page.contents();
    assert_eq!(contents.anchors, ["a-b-c-d"]);
    assert_eq!(contents.targets, ["y.md#z", "p.svg"]);
    assert_eq!(contents.spans, ["c", "s"]);
    let [run, shown, not_run] = contents.fences.as_slice() else {
        panic!("{contents:?}")
    };
    assert_eq!(run.code, "$ a\nb\n");
    assert_eq!(&text[run.place.clone()], run.code);
    assert_eq!((run.line, &run.fate), (7, &Fate::Run { last_code: 6 }));
    assert_eq!(
        (shown.code.as_str(), &shown.fate),
        ("k = 1\n", &Fate::Shown)
    );
    assert_eq!(not_run.code, "");
    let name = "engine".to_owned();
    assert_eq!(not_run.fate, Fate::NotRun { name });
    assert!(fate("sh", "<!-- maybe -->").is_err());
    assert!(fate("", "").is_err());
}
