//! Work that is done side by side.

use std::sync::{Mutex, PoisonError};
use std::thread;

use crate::Result;

/// Does it for each, as many at once as there are cores, and gives the results in the order of the items. After a failure no more
/// are begun, and the first failure is the answer.
pub(crate) fn at_once<T: Sync, R: Send>(
    items: &[T],
    work: impl Fn(&T) -> Result<R> + Sync,
) -> Result<Vec<R>> {
    let waiting = Mutex::new(items.iter().enumerate());
    let lock = || waiting.lock().unwrap_or_else(PoisonError::into_inner);
    let next = || lock().next();
    let worker = || {
        let mut done = Vec::new();
        while let Some((at, item)) = next() {
            let result = work(item);
            if result.is_err() {
                lock().by_ref().for_each(drop);
            }
            done.push((at, result));
        }
        done
    };
    let cores = thread::available_parallelism().map_or(1, usize::from);
    thread::scope(|scope| {
        let workers: Vec<_> = (0..cores).map(|_| scope.spawn(worker)).collect();
        let mut done = Vec::new();
        for worker in workers {
            done.extend(worker.join().map_err(|_| "a thread ended")?);
        }
        done.sort_by_key(|(at, _)| *at);
        done.into_iter().map(|(_, result)| result).collect()
    })
}

/// Runs all of these side by side, prints what each says when it ends, and goes on after one that fails.
///
/// # Errors
/// When some failed: everything that they say.
pub(crate) fn run_all<T: Sync>(
    items: &[T],
    run: impl Fn(&T) -> Result<String> + Sync,
) -> Result<()> {
    let failures = at_once(items, |item| {
        Ok(match run(item) {
            Ok(report) => {
                println!("{report}");
                None
            }
            Err(reason) => {
                // All that it says follows at the end.
                eprintln!("{}", reason.lines().last().unwrap_or_default());
                Some(reason)
            }
        })
    })?;
    let wrong: Vec<_> = failures.into_iter().flatten().collect();
    if wrong.is_empty() {
        Ok(())
    } else {
        Err(wrong.join("\n"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_are_in_the_order_of_the_items() {
        let items: Vec<u32> = (0..50).collect();
        assert_eq!(at_once(&items, |item| Ok(*item)), Ok(items));
    }

    #[test]
    fn the_first_failure_is_the_answer_and_ends_the_work() {
        let items: Vec<u32> = (0..1000).collect();
        let begun = Mutex::new(0);
        let result = at_once(&items, |item| {
            *begun.lock().unwrap() += 1;
            Err::<(), _>(format!("{item}"))
        });
        assert_eq!(result, Err("0".to_owned()));
        assert!(*begun.lock().unwrap() < items.len());
    }

    #[test]
    fn all_are_run_and_every_failure_is_said() {
        let run = |item: &u32| match item % 2 {
            0 => Ok(format!("{item} is even")),
            _ => Err(format!("{item} is odd")),
        };
        assert_eq!(
            run_all(&[1, 2, 3, 4], run),
            Err("1 is odd\n3 is odd".to_owned())
        );
        assert_eq!(run_all(&[2, 4], run), Ok(()));
    }
}
