import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runToEnd } from '#test/fakes/bot-process.ts';
import {
  instantPace,
  openMockProviders,
} from '#test/fakes/providers/mock-providers.ts';
import { makeRemoteSettings } from '#test/scenarios/setup/bot-setup.ts';
import { playScenario } from '#test/scenarios/setup/scenario-setup.ts';

/** The program in a folder of its own, where ONNX Runtime has no library for this system. */
const root = mkdtempSync(join(tmpdir(), 'parley-'));
const copying = `
cp -r src commands doctor sandbox page package.json "$0"
mkdir "$0/models"
ln -s "$PWD"/models/* "$0/models"
rm "$0/models/runtime-wasm"
mkdir "$0/node_modules"
ln -s "$PWD"/node_modules/* "$0/node_modules"
rm "$0/node_modules/onnxruntime-node"
mkdir "$0/node_modules/onnxruntime-node"
cp -r node_modules/onnxruntime-node/package.json node_modules/onnxruntime-node/dist "$0/node_modules/onnxruntime-node"
`;
execFileSync('sh', ['-ec', copying, root]);
afterAll(() => rmSync(root, { recursive: true }));

const reason =
  "ONNX Runtime does not load on this system \\(Cannot find module '.*\\.node'\\), so hearing and speaking need npm ci again with a network, or TRANSCRIPTION_BASE_URL and SPEECH_BASE_URL";

function runBare(
  program: string,
  args: readonly string[] = [],
  environment: Readonly<Record<string, string>> = {},
) {
  const all = { DATA_DIR: join(root, 'data'), ...environment };
  return runToEnd(all, args, [], join(root, program));
}

playScenario(
  'where ONNX Runtime does not load, the start and the doctor say so',
  async () => {
    const { code, complaints } = await runBare('src/app/main.mjs');
    expect(code).toBe(1);
    expect(complaints).toMatch(new RegExp(`^${reason}\\.\n$`));
    const examined = await runBare('doctor/main.ts');
    expect(examined.code).toBe(1);
    expect(examined.out).toMatch(new RegExp(`missing +runtime +${reason}`));
  },
);

playScenario('where ONNX Runtime does not load, a talk by servers works', async () => {
  await using providers = await openMockProviders({
    pace: instantPace,
    hears: 'hello nova',
    replies: [{ match: /./, text: 'Hello, Nova.' }],
  });
  const once = await runBare(
    'src/app/main.mjs',
    ['--once'],
    makeRemoteSettings(providers),
  );
  expect(once.out).toMatch(new RegExp(`Smart Turn: ${reason}; words and silence`));
  expect(once.out).toContain('the received sound holds 100 % of the spoken words');
  expect(once).toMatchObject({ code: 0, complaints: '' });
});
