//! The same work on several items, on several threads.

use std::num::NonZero;
use std::panic;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

/// The number of processors that this process may use.
pub(crate) fn processors() -> usize {
    thread::available_parallelism().map_or(1, NonZero::get)
}

/// The results of `work` for each of `items`, in their order. At most `threads()` threads work, the calling
/// one included; each takes `share` items at a time and has a state of its own. Without a new thread,
/// which the system may refuse, the calling thread does all the work. `threads` is not called for `share`
/// items or fewer: counting processors takes a dozen system calls.
pub(crate) fn map_with<T: Sync, R: Send, S>(
    items: &[T],
    threads: impl FnOnce() -> usize,
    share: usize,
    state: impl Fn() -> S + Sync,
    work: impl Fn(&mut S, &T) -> R + Sync,
) -> Vec<R> {
    let next = AtomicUsize::new(0);
    let run = || {
        let (mut done, mut state) = (Vec::new(), state());
        loop {
            let start = next.fetch_add(share, Ordering::Relaxed).min(items.len());
            let own = &items[start..items.len().min(start + share)];
            if own.is_empty() {
                return done;
            }
            let results: Vec<R> = own.iter().map(|item| work(&mut state, item)).collect();
            done.push((start, results));
        }
    };
    let shares = items.len().div_ceil(share);
    let threads = if shares > 1 { threads().min(shares) } else { 1 };
    let mut done = thread::scope(|scope| {
        // `Scope::spawn` panics if the system refuses a thread.
        let spawn = |_| thread::Builder::new().spawn_scoped(scope, run).ok();
        let others: Vec<_> = (1..threads).filter_map(spawn).collect();
        let mut done = run();
        for thread in others {
            done.extend(thread.join().unwrap_or_else(|cause| panic::resume_unwind(cause)));
        }
        done
    });
    done.sort_unstable_by_key(|(start, _)| *start);
    done.into_iter().flat_map(|(_, results)| results).collect()
}

/// [`map_with`] without a state, one item at a time.
pub(crate) fn map<T: Sync, R: Send>(
    items: &[T],
    threads: impl FnOnce() -> usize,
    work: impl Fn(&T) -> R + Sync,
) -> Vec<R> {
    map_with(items, threads, 1, || (), |(), item| work(item))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_have_the_order_of_their_items() {
        for (count, threads, share) in
            [(0, 4, 1), (1, 4, 1), (2, 0, 1), (1000, 4, 7), (1000, 1, 64)]
        {
            let items: Vec<usize> = (0..count).collect();
            let results = map_with(&items, || threads, share, || 2, |two, item| *two * item);
            assert_eq!(results, (0..count).map(|item| 2 * item).collect::<Vec<_>>());
        }
    }
}
