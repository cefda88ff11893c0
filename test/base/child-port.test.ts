import { listCodePaths } from '#src/base/child/child-port.ts';

test('a child process reads the code of the bot alone, and its libraries also where npx has put them beside it', () => {
  const own = ['src', 'dist', 'node_modules', 'package.json'];
  expect(listCodePaths('/opt/parley')).toEqual(
    own.map((name) => `/opt/parley/${name}`),
  );
  expect(listCodePaths('/npx/node_modules/parley/')).toEqual([
    ...own.map((name) => `/npx/node_modules/parley/${name}`),
    '/npx/node_modules',
  ]);
});
