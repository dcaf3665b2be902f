import { InvalidArgumentError } from 'commander';

export function wholeNumber(text: string): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || value > 65_535) throw new InvalidArgumentError('A whole number up to 65535 is needed.');
  return value;
}

/** A whole number from 1 on. */
export function countingNumber(text: string): number {
  const value = wholeNumber(text);
  if (value === 0) throw new InvalidArgumentError('A whole number from 1 on is needed.');
  return value;
}

/** A comma-separated list of known words, each once. */
export function listOf<T extends string>(text: string, allowed: readonly T[]): T[] {
  const words = text.split(',').map((word) => word.trim());
  const wrong = words.find((word) => !isOneOf(word, allowed));
  if (wrong !== undefined) throw new InvalidArgumentError(`"${wrong}" is none of ${allowed.join(', ')}.`);
  return [...new Set(words.filter((word): word is T => isOneOf(word, allowed)))];
}

function isOneOf<T extends string>(word: string, allowed: readonly T[]): word is T {
  return (allowed as readonly string[]).includes(word);
}
