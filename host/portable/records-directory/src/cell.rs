//! One key's directory as an atomic cell: the four system calls that the module documentation is about.

use crate::disk::{self, Done};
use crate::head::Head;
use doorward_portable_records::{Answer, pause, unavailable};
use std::path::{Path, PathBuf};

/// How often a call looks again after somebody else was faster. Each time somebody else has made progress.
pub(crate) const ATTEMPTS: u32 = 2000;

/// What a call says that met others at every attempt.
pub(crate) fn contended(key: &str) -> doorward_portable_records::Failure {
    unavailable(format_args!("too many writers of the record `{key}`"))
}

/// Lets others go first, once it looks as if there were many.
pub(crate) fn yield_to_others(attempt: u32) {
    if attempt > 8 {
        pause(attempt.min(16) / 8);
    }
}

/// The directory of one key.
#[derive(Debug)]
pub(crate) struct Cell {
    path: PathBuf,
}

impl Cell {
    pub(crate) fn new(path: PathBuf) -> Self {
        Self { path }
    }

    /// The head at one moment during the call.
    pub(crate) fn head(&self) -> Answer<Option<Head>> {
        for attempt in 0..ATTEMPTS {
            let (mut found, mut foreign) = (None, None);
            let listed = disk::each_name(&self.path, |name| {
                match Head::parse(name) {
                    Some(head) => found = Some(head),
                    None => foreign = Some(name.to_owned()),
                }
                true
            })?;
            match (listed, found, foreign) {
                (Done::Gone, ..) => return Ok(None),
                (_, Some(head), _) => return Ok(Some(head)),
                (_, None, Some(name)) => {
                    let path = self.path.join(name);
                    return Err(unavailable(format_args!(
                        "{} is no file of this store",
                        path.display()
                    )));
                }
                // Either empty, or a change ran past the listing.
                (_, None, None) => match disk::rmdir(&self.path)? {
                    Done::Yes | Done::Gone => return Ok(None),
                    Done::Taken => yield_to_others(attempt),
                },
            }
        }
        Err(contended(&self.path.display().to_string()))
    }

    /// Makes `new` out of `old`; `false` if `old` is not the head.
    pub(crate) fn change(&self, old: &Head, new: &Head) -> Answer<bool> {
        let (from, to) = (
            self.path.join(old.to_string()),
            self.path.join(new.to_string()),
        );
        if disk::rename(&from, &to)? != Done::Yes {
            return Ok(false);
        }
        // The directory's own entry too: whoever created it may not have come that far.
        self.flush()?;
        self.flush_parent()?;
        Ok(true)
    }

    /// Makes `new` the first head by way of `staging`, a path for a directory that is not there yet; `false` if there is a
    /// head. The directory above `staging` must be there; those between `root` and the key are created.
    pub(crate) fn create(&self, root: &Path, staging: &Path, new: &Head) -> Answer<bool> {
        if disk::mkdir(staging)? != Done::Yes {
            return Err(unavailable(format_args!(
                "cannot create {}",
                staging.display()
            )));
        }
        let first = staging.join(new.to_string());
        let prepared = disk::create(&first, &[])? == Done::Yes && disk::sync(staging)? == Done::Yes;
        if !prepared {
            return Err(unavailable(format_args!("{} is gone", staging.display())));
        }
        let mut done = disk::rename(staging, &self.path)?;
        if done == Done::Gone {
            self.create_ancestors(root)?;
            done = disk::rename(staging, &self.path)?;
        }
        match done {
            Done::Yes => {
                self.flush_ancestors(root)?;
                Ok(true)
            }
            Done::Taken => {
                disk::unlink(&first)?;
                disk::rmdir(staging)?;
                Ok(false)
            }
            Done::Gone => Err(unavailable(format_args!("{} is gone", staging.display()))),
        }
    }

    /// Makes the key absent; `false` if `old` is not the head.
    pub(crate) fn delete(&self, old: &Head) -> Answer<bool> {
        if disk::unlink(&self.path.join(old.to_string()))? != Done::Yes {
            return Ok(false);
        }
        self.flush_absence()?;
        disk::rmdir(&self.path)?;
        Ok(true)
    }

    /// Makes it durable that there is no head.
    pub(crate) fn flush_absence(&self) -> Answer<()> {
        self.flush()?;
        self.flush_parent()
    }

    /// Forgets a head that nobody may see any more; not durable, since it changes nothing that anyone sees.
    pub(crate) fn forget(&self, old: &Head) -> Answer<bool> {
        let forgotten = disk::unlink(&self.path.join(old.to_string()))? == Done::Yes;
        disk::rmdir(&self.path)?;
        Ok(forgotten)
    }

    fn flush(&self) -> Answer<Done> {
        disk::sync(&self.path)
    }

    fn flush_parent(&self) -> Answer<()> {
        self.path
            .parent()
            .map_or(Ok(Done::Yes), disk::sync)
            .map(|_gone| ())
    }

    fn ancestors<'a>(&'a self, root: &'a Path) -> impl Iterator<Item = &'a Path> {
        let above = self.path.ancestors().skip(1);
        above.take_while(move |ancestor| ancestor.starts_with(root))
    }

    fn create_ancestors(&self, root: &Path) -> Answer<()> {
        let mut missing: Vec<&Path> = self.ancestors(root).filter(|path| *path != root).collect();
        while let Some(path) = missing.pop() {
            disk::mkdir(path)?;
        }
        Ok(())
    }

    fn flush_ancestors(&self, root: &Path) -> Answer<()> {
        for ancestor in self.ancestors(root) {
            disk::sync(ancestor)?;
        }
        Ok(())
    }
}
