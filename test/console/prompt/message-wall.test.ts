import { expect, test } from 'vitest';
import type { MessageFile } from '#src/console/first-run/kept-files.ts';
import { ConversationPrinter } from '#src/console/first-run/show.ts';
import { MessageWall } from '#src/console/prompt/message-wall.ts';
import type { SandboxButton, SandboxMessage } from '#src/console/sandbox-lines.ts';

function openWall() {
  let text = '';
  const terminal = {
    write(part: string) {
      text += part;
    },
  };
  const keep = async ({ name }: MessageFile) => {
    if (name === 'gone.md') throw new Error('not there');
    return `data/${name}`;
  };
  const wall = new MessageWall(new ConversationPrinter(terminal), 'Nova', { keep });
  const handle = (message: Partial<SandboxMessage>) =>
    wall.handle({
      kind: 'message',
      change: 'posted',
      messageId: '1',
      text: '',
      buttons: [],
      files: [],
      ...message,
    });
  /** Text drawn since the last call. */
  const screen = () => {
    const seen = text;
    text = '';
    return seen;
  };
  return { wall, handle, screen };
}

const button = (label: string): SandboxButton => ({
  customId: label.toLowerCase(),
  label,
  disabled: false,
});

test('buttons are numbered through all messages, and keep their numbers', () => {
  const { wall, handle, screen } = openWall();
  const buttons = [button('Stop'), button('Privacy'), { label: 'Docs', disabled: false }];
  handle({ text: 'Here.', buttons });
  expect(screen()).toBe('  Nova   Here.\n         [1] Stop  [2] Privacy  (Docs)\n');
  handle({ messageId: '2', text: 'Heard?', buttons: [button('Hear me')], to: 'Bob' });
  expect(screen()).toBe('  Nova   Heard? (only Bob sees this)\n         [3] Hear me\n');
  handle({ change: 'edited', text: 'Here.', buttons: [button('Resume'), ...buttons.slice(1)] });
  expect(screen()).toBe('         [4] Resume  [2] Privacy  (Docs)\n');
  expect(wall.pressable(1)).toBeUndefined();
  expect(wall.pressable(2)).toMatchObject({ messageId: '1', customId: 'privacy' });
  expect(wall.pressable(3)).toMatchObject({ messageId: '2', to: 'Bob' });
});

test('files under a message are kept, and it is told where', async () => {
  const { handle, screen } = openWall();
  const url = 'https://127.0.0.1:1/file';
  const files = ['transcript.md', 'gone.md'].map((name) => ({ name, url }));
  handle({ text: 'Transcript.', files, to: 'Adam' });
  await new Promise(setImmediate);
  expect(screen()).toBe(
    '  Nova   Transcript. (only Adam sees this)\n' +
      '         transcript.md kept as data/transcript.md\n' +
      '         gone.md could not be kept: not there\n',
  );
});

test('of a message that grows by lines, as captions do, only what is new is drawn again', () => {
  const { handle, screen } = openWall();
  handle({ text: '**Ana** one\n**Ben** tw…' });
  screen();
  handle({ change: 'edited', text: '**Ana** one\n**Ben** two\n**Ana** three' });
  expect(screen()).toBe('  Nova (edited) **Ben** two\n         **Ana** three\n');
});

test('a button that is off or gone with its message has no number', () => {
  const { wall, handle, screen } = openWall();
  handle({ text: 'Sure?', buttons: [{ ...button('Delete'), disabled: true }, button('Keep')] });
  expect(screen()).toContain('(Delete)  [1] Keep');
  handle({ change: 'deleted' });
  expect(wall.pressable(1)).toBeUndefined();
  expect(screen()).toBe('');
});

test('an edit is drawn as one, and one that changes nothing is not', () => {
  const { handle, screen } = openWall();
  handle({ text: 'Thinking about: five' });
  handle({ change: 'edited', text: 'Thinking about: five' });
  expect(screen()).toBe('  Nova   Thinking about: five\n');
  handle({ change: 'edited', text: 'It is five.' });
  expect(screen()).toBe('  Nova (edited) It is five.\n');
});

test('the first that is seen of a filled message is no edit', () => {
  const { handle, screen } = openWall();
  handle({ change: 'edited', text: 'It took a while.' });
  expect(screen()).toBe('  Nova   It took a while.\n');
});

test('a panel is drawn anew only when its state changes, and only that line', () => {
  const { handle, screen } = openWall();
  const panel = (...lines: readonly string[]) => ['In Lounge.', ...lines].join('\n');
  handle({ text: panel('Listening', 'Hearing: Adam'), buttons: [button('Stop')] });
  expect(screen()).toBe(
    '  Nova   In Lounge.\n         Listening | Hearing: Adam\n         [1] Stop\n',
  );
  const buttons = [button('Stop')];
  handle({ change: 'edited', text: panel('Listening', 'Hearing: Adam, Ben'), buttons });
  expect(screen()).toBe('');
  handle({ change: 'edited', text: panel('Thinking', 'Hearing: Adam, Ben'), buttons });
  expect(screen()).toBe('         panel: Thinking\n');
});

test('escaped marks are shown as Discord shows them, and nothing moves the cursor', () => {
  const { handle, screen } = openWall();
  handle({ text: 'a\\_b \\*c\u001b[2J\u202edrow' });
  expect(screen()).toBe('  Nova   a_b *c[2Jdrow\n');
});

test('mentions and links are shown as what they stand for', () => {
  const { handle, screen } = openWall();
  handle({ text: '<@1573320724016267295> may I hear you?' });
  handle({ messageId: '2', text: 'Panel moved: https://discord.com/channels/1/22/333' });
  handle({ messageId: '3', text: '</track play:1573320724016267295> or </stop:22>' });
  expect(screen()).toBe(
    '  Nova   @newcomer may I hear you?\n  Nova   Panel moved: (link)\n  Nova   /track play or /stop\n',
  );
});

test('a button is found by its name: the newest that all see and that is on', () => {
  const { wall, handle } = openWall();
  handle({ text: 'old', buttons: [button('Ask')] });
  handle({ messageId: '2', text: 'new', buttons: [button('Ask')] });
  handle({ messageId: '3', text: 'Yours.', buttons: [button('Ask')], to: 'Bob' });
  handle({ messageId: '4', text: 'Off.', buttons: [{ ...button('Ask'), disabled: true }] });
  expect(wall.labelled('Ask')).toMatchObject({ messageId: '2', customId: 'ask' });
  expect(wall.labelled('Hear me')).toBeUndefined();
});
