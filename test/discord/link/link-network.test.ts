import type { VoiceLink } from '#src/ports/voice-link.ts';
import {
  makeToneFrames,
  openFileLogin,
  openLinkSetup,
  waitUntil,
} from '#test/discord/setup/sandbox-login.ts';

const never = new AbortController().signal;
const login = openFileLogin(1);

/** Packets that a link receives until it ends, and its end. */
function listenToLink(link: VoiceLink) {
  const log = { sequences: [] as number[], error: undefined as unknown };
  void (async () => {
    try {
      for await (const { sequence } of link.receivePackets(never))
        log.sequences.push(sequence);
    } catch (error) {
      log.error = error;
    }
  })();
  return log;
}

function playFrames(link: VoiceLink, count: number) {
  const frames = makeToneFrames(login().codec, count);
  const log = { left: 0 };
  link
    .playFrames({
      pullFrame: () => frames.shift(),
      markSent: () => log.left++,
      isIdle: true,
    })
    .wake();
  return log;
}

function lastCounts() {
  return login().events.findLast((event) => event.kind === 'link-closed')?.counts;
}

test('the first words of somebody are heard although Discord names them late', async () => {
  const { sandbox, faults } = login();
  {
    await using setup = await openLinkSetup(login(), () => true);
    faults.delayMessage(sandbox.botId, 'speaking', 300);
    const log = listenToLink(setup.link);
    await setup.speak();
    await waitUntil(() => log.sequences.length >= 18);
    const [first = 0] = log.sequences;
    expect(log.sequences).toEqual(log.sequences.map((_, n) => (first + n) % 65_536));
  }
  expect(lastCounts()?.held).toBeGreaterThan(5);
});

test.each(['hang', 'dead'])(
  'a voice link that cannot open (%s) is given up in time with its last step, and the channel is left',
  async (how) => {
    const { sandbox, faults, lobby, linkOpener } = login();
    if (how === 'hang') faults.setConnections('hang');
    else faults.setNetwork(sandbox.botId, { up: { dead: true } });
    const opening = linkOpener(400).openLink(lobby, () => true, never);
    const about = { openingStep: how === 'hang' ? 'login' : 'udp' };
    await expect(opening).rejects.toMatchObject({
      code: 'link.timeout',
      retryable: true,
      about,
    });
    await waitUntil(() => sandbox.bot().channel === undefined);
    faults.heal();
    await using link = await linkOpener().openLink(lobby, () => true, never);
    expect(link.listPeople()).toEqual([]);
  },
);

test.each([
  ['nor for the voice state', 'VOICE_SERVER_UPDATE'],
  ['but the voice state', 'VOICE_SERVER_UPDATE'],
  ['but the voice server', 'VOICE_STATE_UPDATE'],
])(
  'a seat request with no answer %s is given up in time, and taken back',
  async (which, event) => {
    const { sandbox, lobby, linkOpener } = login();
    const { faults } = sandbox;
    if (which.startsWith('nor')) faults.ignoreSeat();
    else faults.event({ event, copies: 0 });
    const opening = linkOpener(400).openLink(lobby, () => true, never);
    const about = { openingStep: 'seat' };
    await expect(opening).rejects.toMatchObject({
      code: 'link.timeout',
      retryable: true,
      about,
    });
    await waitUntil(() => sandbox.bot().channel === undefined);
    faults.heal();
    await using link = await linkOpener().openLink(lobby, () => true, never);
    expect(link.listPeople()).toEqual([]);
  },
);

test('a voice server that goes away is followed to the next one, and hearing goes on', async () => {
  const { sandbox } = login();
  await using setup = await openLinkSetup(login(), () => true);
  const log = listenToLink(setup.link);
  const countCloses = () =>
    login().events.filter(({ kind }) => kind === 'voice-closed').length;
  const before = countCloses();
  sandbox.guild().replaceVoiceServer(300);
  await waitUntil(() => countCloses() > before);
  while (log.sequences.length < 8) await setup.speak();
  const played = playFrames(setup.link, 5);
  await waitUntil(() => played.left === 5);
  expect(log.error).toBeUndefined();
});
