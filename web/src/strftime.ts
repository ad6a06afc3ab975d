// Dates as chat templates write them: strftime of C, in English, in local time.

const days = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'];
const months = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
];

const padded = (value: number, width: number, fill = '0') => String(value).padStart(width, fill);

function dayOfYear(date: Date): number {
  const begin = Date.UTC(date.getFullYear(), 0, 0);
  return (Date.UTC(date.getFullYear(), date.getMonth(), date.getDate()) - begin) / 86_400_000;
}

const hour12 = (date: Date) => date.getHours() % 12 || 12;

// What each letter stands for. Numbers that are padded lose that with a "-", as in "%-d".
const numbers: Record<string, (date: Date) => [value: number, width: number, fill?: string]> = {
  d: (date) => [date.getDate(), 2],
  e: (date) => [date.getDate(), 2, ' '],
  H: (date) => [date.getHours(), 2],
  I: (date) => [hour12(date), 2],
  j: (date) => [dayOfYear(date), 3],
  m: (date) => [date.getMonth() + 1, 2],
  M: (date) => [date.getMinutes(), 2],
  S: (date) => [date.getSeconds(), 2],
  w: (date) => [date.getDay(), 1],
  y: (date) => [date.getFullYear() % 100, 2],
  Y: (date) => [date.getFullYear(), 1],
};
const texts: Record<string, (date: Date) => string> = {
  a: (date) => (days[date.getDay()] as string).slice(0, 3),
  A: (date) => days[date.getDay()] as string,
  b: (date) => (months[date.getMonth()] as string).slice(0, 3),
  B: (date) => months[date.getMonth()] as string,
  p: (date) => (date.getHours() < 12 ? 'AM' : 'PM'),
  '%': () => '%',
};
const shorthands: Record<string, string> = {
  D: '%m/%d/%y',
  F: '%Y-%m-%d',
  R: '%H:%M',
  T: '%H:%M:%S',
};

/** Throws an Error for a letter that it does not know. */
export function strftime(date: Date, format: string): string {
  return format.replace(/%(-?)(.?)/gsu, (whole, bare: string, letter: string) => {
    const number = numbers[letter]?.(date);
    if (number) return bare ? String(number[0]) : padded(...number);
    const shorthand = shorthands[letter];
    if (!bare && shorthand) return strftime(date, shorthand);
    const text = texts[letter];
    if (bare || !text) throw new Error(`strftime_now does not know ${JSON.stringify(whole)}.`);
    return text(date);
  });
}
