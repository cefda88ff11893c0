import { readFile } from 'node:fs/promises';
import { registerHooks } from 'node:module';
import { parse } from 'yaml';
import { listSteps } from '#test/nightly/nightly-steps.ts';

type ReleaseJob = {
  readonly env: Readonly<Record<string, string>>;
  readonly steps: readonly {
    readonly if?: string;
    readonly run?: string;
    readonly uses?: string;
    readonly with?: object;
  }[];
};
type IssueForm = {
  readonly name: string;
  readonly description: string;
  readonly body: readonly {
    readonly id?: string;
    readonly type: string;
    readonly attributes: { readonly label?: string; readonly value?: string };
  }[];
};

// The package imports JSON as bundlers want it, which Node refuses.
const hooks = registerHooks({
  load: (url, context, next) => {
    const importAttributes = url.endsWith('.json')
      ? { type: 'json' }
      : context.importAttributes;
    return next(url, { ...context, importAttributes });
  },
});
const { NoOperationTraceWriter, parseWorkflow } = await import(
  '@actions/workflow-parser'
);
hooks.deregister();

/** Mistakes of a workflow by GitHub's own schema. */
function mistakesOf(name: string, content: string) {
  const { context } = parseWorkflow({ name, content }, new NoOperationTraceWriter());
  return context.errors.getErrors().map(({ message }) => message);
}

test.each([
  ['ci', /^ +- run: \.ci\/run$/m],
  ['nightly', /^ +- run: npm run nightly$/m],
  ['release', /^ +file: deploy\/Dockerfile\n +platforms: linux\/amd64,linux\/arm64$/m],
])(
  "the workflow %s fits GitHub's schema, may only read by default, and does its work",
  async (name, work) => {
    const content = await readFile(`.github/workflows/${name}.yml`, 'utf8');
    expect(mistakesOf(name, content)).toEqual([]);
    expect(content).toMatch(/^permissions:\n {2}contents: read$/m);
    expect(content).toMatch(work);
    expect(mistakesOf(name, content.replace('runs-on', 'runs-at'))).not.toEqual([]);
  },
);

test('a night tries everything, and a short one says which part of the programs of others it leaves', () => {
  const listCommands = (minutes: number) =>
    listSteps(minutes, 7).map(({ command }) => command.replace(/\d{2,}/g, 'N'));
  expect(listCommands(300)).toEqual([
    'node test/simulate/main.ts --seconds N --from 7',
    'node test/simulate/main.ts --canary',
    'node test/planted/main.ts --minutes N --seed 7',
    'node test/simulate/main.ts --each-call-fails --calls N --seed 7',
    'npx vitest run --project long test/scenarios/scenes.long.test.ts --sequence.shuffle.tests --sequence.seed 7',
    'node test/fuzz/main.ts --seconds N --seed 7',
    'node test/nightly/soak.ts --minutes N',
    '.ci/others',
    '.ci/litellm-proxy --slow',
    'node test/documents/main.ts',
    '.ci/image',
  ]);
  expect(listCommands(20)).toContain('.ci/others mcp deploy');
});

test('a release is pushed only for a tag, with the one secret and the one variable, and with what proves its origin', async () => {
  const content = await readFile('.github/workflows/release.yml', 'utf8');
  expect(new Set(content.match(/secrets\.\w+/g))).toEqual(
    new Set(['secrets.REGISTRY_TOKEN']),
  );
  expect(new Set(content.match(/vars\.\w+/g))).toEqual(new Set(['vars.IMAGE']));
  const { env, steps }: ReleaseJob = parse(content).jobs.release;
  expect(env.PUSHES).toBe(
    "${{ github.ref_type == 'tag' && vars.IMAGE != '' && secrets.REGISTRY_TOKEN != '' }}",
  );
  const findStep = (part: string) =>
    steps.find(({ uses, run }) => (uses ?? run ?? '').includes(part));
  expect(findStep('build-push-action')?.with).toMatchObject({
    push: '${{ env.PUSHES }}',
    sbom: true,
    provenance: 'mode=max',
    labels: expect.stringContaining('org.opencontainers.image.licenses=MIT'),
  });
  for (const part of ['login-action', 'attest-build-provenance'])
    expect(findStep(part)?.if).toBe("env.PUSHES == 'true'");
  expect(findStep('gh release create')).toMatchObject({
    if: "github.ref_type == 'tag'",
    run: expect.stringContaining('--notes-file release/notes.md'),
  });
});

test('each form of an issue has its fields, and a private way for vulnerabilities stands beside them', async () => {
  for (const name of ['fault', 'wish']) {
    const form: IssueForm = parse(
      await readFile(`.github/ISSUE_TEMPLATE/${name}.yml`, 'utf8'),
    );
    expect([typeof form.name, typeof form.description]).toEqual(['string', 'string']);
    const ids = form.body.flatMap(({ id }) => id ?? []);
    expect(new Set(ids).size).toBe(ids.length);
    for (const { type, attributes } of form.body) {
      expect(type).toMatch(/^(?:checkboxes|dropdown|input|markdown|textarea)$/);
      expect(attributes.label ?? attributes.value).toBeTruthy();
    }
  }
  expect(await readFile('.github/ISSUE_TEMPLATE/config.yml', 'utf8')).toContain(
    'SECURITY.md',
  );
  expect(await readFile('SECURITY.md', 'utf8')).toMatch(/private/i);
});
