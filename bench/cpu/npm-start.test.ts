import { expect, test } from 'vitest';
import { startArguments } from './npm-start.ts';

test('the bot is run with the flags of npm start', () => {
  expect(startArguments('node --max-semi-space-size=2 src/app/main.mjs')).toEqual({
    flags: ['--max-semi-space-size=2'],
    program: 'src/app/main.mjs',
  });
  expect(() => startArguments('tsx src/main.ts')).toThrow('npm start does not run Node');
});
