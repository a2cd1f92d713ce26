//! Work on threads, with its results in the order of the work.

use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Mutex, PoisonError};
use std::thread;

/// The maximum number of jobs per thread that wait or are done out of order; memory is bounded by
/// that.
const JOBS_PER_THREAD: usize = 4;

/// Gives each job that `produce` hands over to a worker, and the results to `consume` in the order of
/// the jobs. With one thread, or if the system refuses new ones, the calling one does all. Each worker
/// has a state of its own,
/// made by `state`.
///
/// # Errors
/// The first error of `produce` or `consume`.
pub(super) fn run<J: Send, R: Send, S, E>(
    threads: NonZeroUsize,
    state: impl Fn() -> S + Sync,
    work: impl Fn(&mut S, J) -> R + Sync,
    produce: impl FnOnce(&mut dyn FnMut(J) -> Result<(), E>) -> Result<(), E>,
    mut consume: impl FnMut(R) -> Result<(), E>,
) -> Result<(), E> {
    let (jobs, waiting) = channel::<(usize, J)>();
    let (done, results) = channel();
    let waiting = Mutex::new(waiting);
    thread::scope(|scope| {
        let spawn = |_| {
            let (done, waiting, state, work) = (done.clone(), &waiting, &state, &work);
            let run = move || worker(waiting, &done, state(), work);
            // `Scope::spawn` panics if the system refuses a thread.
            thread::Builder::new().spawn_scoped(scope, run).ok()
        };
        let wanted = if threads.get() == 1 { 0 } else { threads.get() };
        let threads = (0..wanted).filter_map(spawn).count();
        drop(done);
        if threads == 0 {
            let mut state = state();
            return produce(&mut |job| consume(work(&mut state, job)));
        }
        let mut queue = Queue { jobs, results, early: BTreeMap::new(), given: 0, taken: 0 };
        produce(&mut |job| {
            queue.give(job);
            while queue.given - queue.taken > threads * JOBS_PER_THREAD {
                queue.take(&mut consume)?;
            }
            Ok(())
        })?;
        while queue.taken < queue.given {
            queue.take(&mut consume)?;
        }
        Ok(())
    })
}

/// Works until no job is left.
fn worker<J, R, S>(
    waiting: &Mutex<Receiver<(usize, J)>>,
    done: &Sender<(usize, R)>,
    mut state: S,
    work: impl Fn(&mut S, J) -> R,
) {
    loop {
        let job = waiting.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok((index, job)) = job else { return };
        // Nobody waits for the result after an error.
        if done.send((index, work(&mut state, job))).is_err() {
            return;
        }
    }
}

/// The calling thread's end of the work.
struct Queue<J, R> {
    jobs: Sender<(usize, J)>,
    results: Receiver<(usize, R)>,
    /// Results that came before their turn.
    early: BTreeMap<usize, R>,
    given: usize,
    taken: usize,
}

impl<J, R> Queue<J, R> {
    fn give(&mut self, job: J) {
        // It fails only if every worker has panicked, which `take` finds.
        let _ = self.jobs.send((self.given, job));
        self.given += 1;
    }

    /// Consumes the next result.
    fn take<E>(&mut self, consume: &mut impl FnMut(R) -> Result<(), E>) -> Result<(), E> {
        while !self.early.contains_key(&self.taken) {
            // A worker that panicked makes the scope panic, too.
            let Ok((index, result)) = self.results.recv() else { break };
            self.early.insert(index, result);
        }
        let next = self.early.remove(&self.taken);
        self.taken += 1;
        next.map_or(Ok(()), consume)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_come_in_the_order_of_the_jobs() {
        for threads in [1, 2, 7] {
            let mut results = Vec::new();
            let done: Result<(), ()> = run(
                NonZeroUsize::new(threads).unwrap(),
                || (),
                |(), job: usize| (0..(job * 7919) % 5000).fold(job, |sum, _| sum),
                |give| (0..500).try_for_each(give),
                |result| {
                    results.push(result);
                    Ok(())
                },
            );
            assert_eq!((done, results), (Ok(()), (0..500).collect()), "{threads}");
        }
    }

    #[test]
    fn an_error_ends_the_work() {
        for threads in [1, 3] {
            let consume = |result| if result == 20 { Err("consume") } else { Ok(()) };
            let number = NonZeroUsize::new(threads).unwrap();
            let done =
                run(number, || (), |(), job: u32| job, |give| (0..500).try_for_each(give), consume);
            assert_eq!(done, Err("consume"));
            let done = run(number, || (), |(), job: u32| job, |_| Err("produce"), consume);
            assert_eq!(done, Err("produce"));
        }
    }
}
