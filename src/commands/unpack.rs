//! `rvenv unpack`: an environment from an archive of `rvenv pack`.

use std::process::ExitCode;
use std::time::Instant;

use rvenv::unpack;
use rvenv::unpack::Request;

use super::{Context, check};
use crate::cli::Unpack;
use crate::{cli, process, ui};

/// Unpacks as a whole or not at all, then prints what `check` finds.
pub(super) fn run(args: &Unpack, context: &Context<'_>) -> anyhow::Result<ExitCode> {
    process::watch_signals(&context.interrupt)?;
    let start = Instant::now();
    let (file, root) = (context.host.absolute(&args.file), context.host.absolute(&args.dir));
    let mut progress = context.ui.progress();
    let request = Request { file: &file, root: &root };
    let unpacked = unpack::unpack(&request, context.session(), &mut |done, all| {
        progress.show_part("unpacking", done, all);
    })?;
    drop(progress);
    context.ui.report_leftovers(&unpacked.leftovers);
    for problem in &unpacked.fit.problems {
        context.ui.warn(problem);
    }
    context.ui.say(format_args!(
        "unpacked `{}` into `{}`: {} files, {}, in {:.1} s",
        args.file.display(),
        args.dir.display(),
        unpacked.fit.manifest.files,
        ui::bytes(unpacked.fit.manifest.bytes),
        start.elapsed().as_secs_f64()
    ));
    check::run(&cli::Check::of(&root), context)
}
