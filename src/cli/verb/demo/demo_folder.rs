//! The folder of one demo, with what a later process needs to continue it.

use std::io::Write;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};

use clap::ValueEnum;
use serde::{Deserialize, Serialize};

use crate::cli::Exit;
use crate::cli::failure::Failure;
use crate::cli::verb::demo::story::DemoFaults;
use crate::files::{self, OutputPath, Signature};

const NAME: &str = "offboard-demo";

/// What to do about a folder that cannot be used.
const OTHER_FOLDER: &str = "name another folder with `--dir DIR`";

/// How the file of a demo is recognised.
const STORY: Signature = Signature {
    what: "demo",
    is_ours: |head| serde_json::from_slice::<DemoParameters>(head).is_ok(),
};

/// What a demo was started with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct DemoParameters {
    /// Users that the roster names.
    pub(super) users: usize,
    /// The word for how bad the provider behaves.
    pub(super) faults: String,
    /// The sandbox's port; 0 before it has one.
    pub(super) port: u16,
}

impl DemoParameters {
    pub(super) fn faults(&self) -> DemoFaults {
        DemoFaults::from_str(&self.faults, true).unwrap_or_default()
    }

    pub(super) fn bind(&self) -> SocketAddr {
        SocketAddr::from((Ipv4Addr::LOCALHOST, self.port))
    }
}

/// The folder of one demo.
#[derive(Debug)]
pub(super) struct DemoFolder {
    path: PathBuf,
    pub(super) parameters: DemoParameters,
    new: bool,
}

impl DemoFolder {
    /// The folder named, or else the first of `offboard-demo`, `offboard-demo-2`, … that is free or
    /// holds a demo that was interrupted.
    pub(super) fn open(
        named: Option<&Path>,
        users: usize,
        faults: DemoFaults,
    ) -> Result<Self, Failure> {
        let asked = DemoParameters {
            users,
            faults: faults
                .to_possible_value()
                .map(|value| value.get_name().to_owned())
                .unwrap_or_default(),
            port: 0,
        };
        let path = match named {
            Some(path) => path.to_owned(),
            None => first_usable(&asked),
        };
        if let Some(parameters) = read(&path) {
            return Ok(Self {
                path,
                parameters,
                new: false,
            });
        }
        files::create_folders(&path)
            .map_err(|error| cannot("create", &path, &error).hint(OTHER_FOLDER.to_owned()))?;
        let occupied = std::fs::read_dir(&path)
            .map_err(|error| cannot("read", &path, &error))?
            .next()
            .is_some();
        if occupied {
            return Err(Failure::new(
                Exit::Settings,
                format!("`{}` is not empty and holds no demo", path.display()),
            )
            .hint(OTHER_FOLDER.to_owned()));
        }
        Ok(Self {
            path,
            parameters: asked,
            new: true,
        })
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    pub(super) fn roster(&self) -> PathBuf {
        self.path.join("leavers.csv")
    }

    /// Whether the demo begins now: there is no roster yet.
    pub(super) fn is_new(&self) -> bool {
        self.new || !self.roster().exists()
    }

    /// Stores what a later process must know: the job's target holds the port.
    pub(super) fn remember(&self, port: u16) -> Result<(), Failure> {
        let parameters = DemoParameters {
            port,
            ..self.parameters.clone()
        };
        let path = story_path(&self.path);
        let mut draft = OutputPath::new(&path, STORY)?.begin()?;
        let written = write!(draft, "{}", serde_json::json!(parameters));
        written.map_err(|error| cannot("write", &path, &error))?;
        Ok(draft.finish()?)
    }
}

fn first_usable(asked: &DemoParameters) -> PathBuf {
    let is_usable = |path: &PathBuf| {
        let free = !path.exists();
        let interrupted = !path.join("report").exists()
            && read(path).is_some_and(|story| DemoParameters { port: 0, ..story } == *asked);
        free || interrupted
    };
    std::iter::once(PathBuf::from(NAME))
        .chain((2..1000).map(|number: u32| PathBuf::from(format!("{NAME}-{number}"))))
        .find(is_usable)
        .unwrap_or_else(|| PathBuf::from(NAME))
}

fn read(path: &Path) -> Option<DemoParameters> {
    let text = std::fs::read_to_string(story_path(path)).ok()?;
    serde_json::from_str(&text).ok()
}

fn story_path(folder: &Path) -> PathBuf {
    folder.join("demo.json")
}

pub(super) fn cannot(what: &str, path: &Path, error: &dyn std::error::Error) -> Failure {
    Failure::new(
        Exit::Settings,
        format!("cannot {what} `{}`: {error}", path.display()),
    )
}
