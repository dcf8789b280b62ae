import { describe, expect, test } from 'vitest';
import { ageOf, countOf, durationOf, isSet, textOf, textsOf } from '../../src/cli/option-values.ts';
import { UserError } from '../../src/model/user-error.ts';

describe('a duration', () => {
  test.each([
    ['500ms', 500],
    ['10s', 10_000],
    ['2m', 120_000],
    ['0.5s', 500],
    ['1.25s', 1250],
    ['60m', 3_600_000],
    ['1ms', 1],
  ])('%s is %i milliseconds', (text, milliseconds) => {
    expect(durationOf({ timeout: text }, 'timeout', '--timeout')).toBe(milliseconds);
  });

  test.each([
    '5',
    '0s',
    '0ms',
    '-1s',
    '1h',
    'NaN',
    '1e9s',
    ' 5s',
    '5s ',
    '5 s',
    '',
    '61m',
    '9999999s',
    '٥s',
    '5S',
    '0x5s',
    '1.s',
    '.5s',
    'Infinity',
    '5s\n',
    '\u001b[31m5s',
  ])('%j is none: a user error that names the flag', (text) => {
    const read = (): unknown => durationOf({ timeout: text }, 'timeout', '--timeout');
    expect(read).toThrow(UserError);
    expect(read).toThrow(/^--timeout .*is no duration$/);
    expect(read).not.toThrow('\u001b');
  });

  test('a number without a unit is asked back with one', () => {
    expect(() => durationOf({ timeout: '5' }, 'timeout', '--timeout')).toThrow(
      expect.objectContaining({ hint: 'did you mean --timeout 5s?' }) as UserError,
    );
  });

  test('one that was not given is undefined', () => {
    expect(durationOf({}, 'timeout', '--timeout')).toBeUndefined();
  });
});

describe('an age', () => {
  test.each([
    ['90m', 90],
    ['24h', 1440],
    ['7d', 10_080],
    ['366d', 527_040],
  ])('%s is %i minutes', (text, minutes) => {
    expect(ageOf({ maxAge: text }, 'maxAge', '--max-age')).toBe(minutes * 60_000);
  });

  test.each(['', '0h', '24', '10s', '367d', '1w', '-1d', '1.5h', '99999d', ' 1h', '١h'])(
    '%j is none',
    (text) => {
      expect(() => ageOf({ maxAge: text }, 'maxAge', '--max-age')).toThrow(/^--max-age .*is no age$/);
    },
  );

  test('one that was not given is undefined', () => {
    expect(ageOf({}, 'maxAge', '--max-age')).toBeUndefined();
  });
});

describe('a count', () => {
  const most = { flag: '--parallel', most: 512 };

  test.each([
    ['1', 1],
    ['32', 32],
    ['512', 512],
    ['007', 7],
  ])('%s is %i', (text, count) => {
    expect(countOf({ parallel: text }, 'parallel', most)).toBe(count);
  });

  test.each(['0', '-1', '1e9', 'NaN', '513', '1.5', '', ' 1', '0x10', '99999999999999999999', '１'])(
    '%j is none',
    (text) => {
      expect(() => countOf({ parallel: text }, 'parallel', most)).toThrow(
        /^--parallel .*is no number from 1 to 512$/,
      );
    },
  );

  test('one that was not given is undefined', () => {
    expect(countOf({}, 'parallel', most)).toBeUndefined();
  });
});

test('a text, several and a switch are told apart', () => {
  const options = { one: 'a', many: ['a', 'b'], on: true };
  expect([textOf(options, 'one'), textOf(options, 'many'), textOf(options, 'none')]).toEqual([
    'a',
    undefined,
    undefined,
  ]);
  expect([textsOf(options, 'one'), textsOf(options, 'many'), textsOf(options, 'none')]).toEqual([
    ['a'],
    ['a', 'b'],
    [],
  ]);
  expect([isSet(options, 'on'), isSet(options, 'one'), isSet(options, 'none')]).toEqual([true, false, false]);
});
