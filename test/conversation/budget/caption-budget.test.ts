import { toGuildId, toPersonId } from '#src/base/ids.ts';
import { playScripts } from '#test/conversation/setup/play-script.ts';
import { openBudgets, toUsd } from '#test/fakes/fake-spending.ts';
import { VirtualClock } from '#test/fakes/virtual-clock.ts';

const todayMs = new VirtualClock().wallMs();

playScripts({
  'captions of talk among people are paid by the server, and words to the bot by their speaker': `
    with budget 10, name
    captions on > says captions.on
    4000 > captions: on placeId lounge isHere true saved true, played voice: completed
    spent > speak 0.000003, speak 0.000028, speak 0.000035, server 0.000066, reserved 0
    adam says (human-goforward): go forward ten meters
    > heard Adam: go forward ten meters, ignored Adam: not-named
    1000
    spent > recognise 0.000315, server 0.000381, reserved 0
    adam says (human-goforward): Nova, go forward ten meters
    > heard Adam: Nova, go forward ten meters, answered Adam: You said five.
    1000
    spent
    > recognise 0.000318333, think 0.0001, speak 0.000014, server 0.000813333, adam 0.000432333, turns 1, reserved 0
    `,
  'a withdrawn utterance is paid by the server': `
    with budget 10
    spent > speak 0.000003, speak 0.000028, server 0.000031, reserved 0
    recogniser takes 5000
    adam begins (human-goforward): go forward ten meters
    3500
    adam denies > isSaved true
    1000
    spent > recognise 0.000315, server 0.000346, reserved 0
    `,
  'captions that nothing pays are not announced; with the money of the next day they begin, with their notice': `
    with budget 0.1, name, from 23:59:00
    adam has spent 0.1
    captions on > captions: waiting captions.unpaid time <t:1795219200:f> saved true
    panel
    > panel.quiet time <t:1795219200:f>; captions.unpaid time <t:1795219200:f>; people.commands names Adam; people.unasked names Eva
    adam says (human-goforward): go forward ten meters > writes budget.guild (<t:1795219200:f>)
    lines > none
    120000 > played voice: completed, says captions.on
    adam says (human-goforward): go forward ten meters
    > heard Adam: go forward ten meters, ignored Adam: not-named
    lines > person personId adam name Adam, go forward ten meters
    `,
  'a bot that hears nothing waits with captions, and begins them once it hears': `
    with name
    deafened on > writes deafened.server
    captions on > captions: waiting deafened.server saved true
    3000
    panel > deafened.server; people.unasked names Eva
    deafened off
    6000 > played voice: completed, says captions.on
    panel
    > join.ok.several; listening; captions place https://discord.com/channels/g/lounge; people.yes names Adam; people.unasked names Eva
    `,
  'a call for captions writes them again after they were turned off': `
    with name
    captions on > says captions.on
    6000 > captions: on placeId lounge isHere true saved true, played voice: completed
    captions off > isSaved true
    adam joins for captions > already consent brief, says captions.on
    6000 > played voice: completed
    adam says (human-goforward): go forward ten meters
    > heard Adam: go forward ten meters, ignored Adam: off
    lines > person personId adam name Adam, go forward ten meters
    panel
    > captions.only; captions place https://discord.com/channels/g/lounge; people.yes names Adam; people.unasked names Eva
    `,
  'captions end with the budget of the server': `
    with budget 10, name
    captions on > says captions.on
    4000 > captions: on placeId lounge isHere true saved true, played voice: completed
    eva has spent 10
    adam says (human-goforward): go forward ten meters > writes budget.guild (<t:1795219200:f>)
    1000
    lines > none
    spent
    > speak 0.000003, speak 0.000028, speak 0.000035, think 10, server 10.000066, eva 10, reserved 0
    `,
});

test('the captions of who has used their share are paid by the server', () => {
  const { budgets, ledger } = openBudgets(new VirtualClock(), {
    caps: { personDay: toUsd(0.001) },
  });
  ledger.charge(toGuildId('g'), toPersonId('adam'), { nanoUsd: 1_000_000 }, todayMs);
  expect(budgets.openHearingBudget(toGuildId('g'), toPersonId('adam'))).toMatchObject({
    kind: 'refused',
  });
  expect(
    budgets.openHearingBudget(toGuildId('g'), toPersonId('adam'), true),
  ).toHaveProperty('reservation');
});
