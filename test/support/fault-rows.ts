/** Which rows of docs/robustness.md a test says that it tries: `(fault 1)`, `(faults 1, 5 and 7)`, `(faults 4 to 6)` in its name. */
export function faultsIn(text: string): ReadonlySet<number> {
  const found = [...text.matchAll(/\(faults? ([\d, andto]+)\)/g)].flatMap(([, list = '']) => {
    const [first = 0, last = 0] = / to /.test(list) ? list.split(' to ').map(Number) : [];
    if (first > 0) return Array.from({ length: last - first + 1 }, (_, index) => first + index);
    return [...list.matchAll(/\d+/g)].map(([number]) => Number(number));
  });
  return new Set(found);
}
