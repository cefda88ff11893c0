import { test } from './page-test.ts';

test('a model of this machine is found, tried and started by four presses', async ({
  setup,
  tab,
}) => {
  setup.report({ kind: 'models', hasChatModel: false });
  const panel = tab.getByRole('region', { name: 'Panel' });
  await panel.getByRole('button', { name: 'Connect a model' }).click();
  const dialog = tab.getByRole('dialog', { name: 'Connect a model' });
  await dialog.getByLabel('Ollama').selectOption('qwen3');
  await dialog.getByRole('button', { name: 'Connect' }).first().click();
  await dialog.getByText('works for chat').waitFor();
  await dialog.getByRole('button', { name: 'Start the bot with it' }).click();
  await dialog.waitFor({ state: 'detached' });
  await expect
    .poll(() => setup.asked.map(({ id: _, ...request }) => request))
    .toEqual([
      { kind: 'models.find' },
      { kind: 'models.connect', vendor: 'Ollama', model: 'qwen3' },
      { kind: 'models.restart' },
    ]);
  setup.report({ kind: 'models', hasChatModel: true });
  await panel
    .getByRole('button', { name: 'Connect a model' })
    .waitFor({ state: 'detached' });
});

test('a refused key is told, and the key stands nowhere on the page', async ({
  setup,
  tab,
}) => {
  setup.report({ kind: 'models', hasChatModel: false });
  await tab.getByRole('button', { name: 'Connect a model' }).first().click();
  const dialog = tab.getByRole('dialog', { name: 'Connect a model' });
  await dialog.getByLabel('Its key').fill('sk-canary');
  await dialog.getByLabel('Its key').press('Enter');
  await dialog.getByText('OpenAI refused the key.').waitFor();
  expect(setup.asked.at(-1)).toMatchObject({ vendor: 'OpenAI', key: 'sk-canary' });
  expect(await tab.content()).not.toContain('sk-canary');
  expect(await dialog.getByLabel('Its key').inputValue()).toBe('');
  await tab.keyboard.press('Escape');
  await dialog.waitFor({ state: 'detached' });
});
