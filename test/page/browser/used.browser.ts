import { test } from './page-test.ts';

test('what is pressed, written and commanded reaches the channel as a request each', async ({
  setup,
  tab,
}) => {
  await tab.getByRole('button', { name: 'Hear me' }).click();
  const line = tab.getByLabel('Ask, or / for a command');
  await line.fill('/as');
  await tab.getByRole('option', { name: '/ask Asks in writing' }).click();
  await tab.getByRole('option', { name: 'question:' }).click();
  await line.pressSequentially('what time is it');
  await line.press('Enter');
  await line.fill('/track play ra');
  await tab.getByRole('option', { name: 'Rain (30 min)' }).click();
  await line.press('Enter');
  await line.fill('Good morning');
  await line.press('Enter');
  await tab.getByRole('button', { name: 'Join Stage' }).click();
  await tab.getByText('Add a pretend person').click();
  await tab.getByLabel('Who').fill('Beth');
  await tab.getByLabel('Says').fill('And I?');
  await tab.getByRole('button', { name: 'Say it' }).click();
  await expect.poll(() => setup.asked.at(-1)?.kind).toBe('type');
  const known = setup.asked
    .filter(({ kind }) => kind !== 'complete')
    // Whether the line has the option's name depends on which suggestion came first.
    .map(({ id: _, line: __, ...request }) => request);
  expect(known).toEqual([
    { kind: 'press', messageId: '20', customId: 'hear' },
    { kind: 'command', name: 'ask', options: { question: 'what time is it' } },
    { kind: 'command', name: 'track play', options: { name: 'rain' } },
    { kind: 'write', text: '<@9> Good morning', channel: 'Lounge' },
    { kind: 'join', channel: 'Stage' },
    { kind: 'type', person: 'Beth', text: 'And I?' },
  ]);
});

test('what is chosen from a menu, and a form that is filled in, reach the channel', async ({
  setup,
  tab,
}) => {
  await tab.getByLabel('A colour').selectOption('Blue');
  await tab.getByRole('button', { name: 'About you' }).click();
  const form = tab.getByRole('dialog', { name: 'About you' });
  await form.getByLabel('Name').fill('Adam');
  setup.report({ kind: 'speaks', who: 'Beth', on: true });
  await tab.getByText('Beth speaks').waitFor(); // drawn anew, it keeps what was filled in
  await form.getByLabel('Story').fill('Once upon a time');
  await form.getByLabel('Colour').selectOption('Red');
  await form.getByRole('button', { name: 'Submit' }).click();
  await form.waitFor({ state: 'detached' });
  expect(setup.asked.map(({ id: _, ...request }) => request)).toEqual([
    { kind: 'press', messageId: '20', customId: 'colour', values: ['blue'] },
    { kind: 'press', messageId: '20', customId: 'about' },
    {
      kind: 'submit',
      form: '70',
      fields: { name: 'Adam', story: 'Once upon a time', colour: ['red'] },
    },
  ]);
});

test('Enter takes the marked suggestion, and a line that is no command yet says why and stays', async ({
  setup,
  tab,
}) => {
  const line = tab.getByLabel('Ask, or / for a command');
  await line.fill('/as');
  for (const taken of ['/ask ', '/ask question:']) {
    await line.press('Enter');
    await expect.poll(() => line.inputValue()).toBe(taken);
  }
  await line.press('Enter');
  await tab.getByText('/ask needs question:').waitFor();
  expect([await line.inputValue(), setup.asked]).toEqual(['/ask question:', []]);
});

test('the newest message is in sight, unless somebody reads what was before and sends nothing', async ({
  setup,
  tab,
}) => {
  const postMessage = (n: number) =>
    setup.report({
      ...{ kind: 'message', change: 'posted', id: `${100 + n}`, channel: 'general' },
      ...{ author: 'Adam', text: `message ${n}`, buttons: [], files: [], atMs: n },
    });
  const list = tab.getByRole('log', { name: 'Conversation' });
  const isInSight = (n: number) =>
    list.getByText(`message ${n}`, { exact: true }).evaluate((line) => {
      const [one, all] = [line, line.closest('.messages')].map((each) =>
        each?.getBoundingClientRect(),
      );
      return (
        one !== undefined &&
        all !== undefined &&
        one.bottom <= all.bottom &&
        one.top >= all.top
      );
    });
  for (let n = 0; n < 30; n++) postMessage(n);
  await expect.poll(() => isInSight(29)).toBe(true);
  await tab.setViewportSize({ width: 390, height: 600 });
  postMessage(29);
  await expect.poll(() => isInSight(29)).toBe(true);
  await list.getByText('message 5', { exact: true }).scrollIntoViewIfNeeded();
  postMessage(30);
  await list.getByText('message 30').waitFor();
  expect([await isInSight(5), await isInSight(30)]).toEqual([true, false]);
  await tab.getByRole('button', { name: 'What time is it?' }).click();
  await expect.poll(() => isInSight(30)).toBe(true);
});

test('a connection that is lost is told, comes back by itself, and shows each message and event once', async ({
  setup,
  tab,
}) => {
  const answers = tab.getByRole('log', { name: 'Conversation' });
  await answers.getByText('It is noon.').waitFor();
  setup.channels[0]?.close(1_012, 'The sandbox starts anew.');
  await tab.getByText('The connection to the sandbox is lost.').waitFor();
  await expect.poll(() => setup.channels.length).toBe(2);
  await tab
    .getByText('The connection to the sandbox is lost.')
    .waitFor({ state: 'detached' });
  setup.report({ kind: 'said', who: 'Adam', text: 'after that' });
  await answers.getByText('after that').waitFor();
  expect(await answers.getByText('It is noon.').count()).toBe(1);
  expect(await tab.getByRole('button', { name: 'Hear me' }).count()).toBe(1);
});

test('a line that is sent while the connection is away stays, and is sent once it is back', async ({
  setup,
  tab,
}) => {
  const line = tab.getByLabel('Ask, or / for a command');
  await line.fill('Are you there?');
  await tab.evaluate(`globalThis.Real = WebSocket;
    globalThis.WebSocket = class { static OPEN = 1; constructor() { globalThis.stuck = this; } }`);
  setup.channels[0]?.close(1_012, 'The sandbox starts anew.');
  await tab.getByText('The connection to the sandbox is lost.').waitFor();
  await line.press('Enter');
  await tab.getByText('There is no connection to the sandbox right now.').waitFor();
  expect([await line.inputValue(), setup.asked]).toEqual(['Are you there?', []]);
  await expect.poll(() => tab.evaluate('Boolean(globalThis.stuck)')).toBe(true);
  await tab.evaluate('globalThis.WebSocket = Real, stuck.onclose()');
  await expect.poll(() => setup.channels.length).toBe(2);
  await line.press('Enter');
  await expect.poll(() => setup.asked).toMatchObject([{ text: '<@9> Are you there?' }]);
  await expect.poll(() => line.inputValue()).toBe(''); // it is drawn at the next frame
});

test('until the room has told its state, the page says that it is connecting', async ({
  tab,
}) => {
  await tab.addInitScript('globalThis.WebSocket = class {}');
  await tab.reload();
  await tab.getByText('Connecting').waitFor();
  expect(await tab.getByText('Not here.').count()).toBe(0);
});

test('words appear under whoever speaks until they are said, and questions to begin with are asked', async ({
  setup,
  tab,
}) => {
  const findMoves = () =>
    tab.evaluate(`getComputedStyle(document.querySelector('.dots')).animationName`);
  await tab.locator('.dots').waitFor();
  expect(await findMoves()).toBe('wait');
  await tab.emulateMedia({ reducedMotion: 'reduce' });
  expect(await findMoves()).toBe('none');
  setup.report({ kind: 'live', who: 'Adam', text: 'shall we' });
  await tab.locator('.live').getByText('shall we').waitFor();
  setup.report({ kind: 'said', who: 'Adam', text: 'Shall we go?' });
  await tab.getByText('Shall we go?').waitFor();
  setup.report({ kind: 'speaks', who: 'Adam', on: false });
  await tab.locator('.live').waitFor({ state: 'detached' });
  await tab.getByRole('button', { name: 'What time is it?' }).click();
  await expect
    .poll(() => setup.asked.at(-1))
    .toMatchObject({ kind: 'write', text: '<@9> What time is it?' });
});

test('the ring of the bot means its voice, and not a track that plays', async ({
  setup,
  tab,
}) => {
  const ring = tab.getByRole('region', { name: 'Panel' }).locator('.orb.speaks');
  await tab.getByText('It is noon.').waitFor();
  expect(await ring.count()).toBe(0);
  setup.report({ kind: 'live', who: 'Parley', text: 'It is' });
  await ring.waitFor();
});

test('an answer in writing that the bot also speaks is shown once, whatever came after it', async ({
  setup,
  tab,
}) => {
  const postText = (id: string, text: string) =>
    setup.report({
      ...{ kind: 'message', change: 'posted', channel: 'Lounge', author: 'Parley' },
      ...{ id, text, buttons: [], files: [] },
    });
  postText('40', 'One, two, three.');
  postText('41', 'Playing rain on bg.');
  setup.report({ kind: 'live', who: 'Parley', text: 'One, two' });
  await tab.getByText('Playing rain').waitFor();
  expect(await tab.getByText('One, two').count()).toBe(1);
  setup.report({ kind: 'live', who: 'Parley', text: 'And something else' });
  await tab.locator('.live').getByText('And something else').waitFor();
});
