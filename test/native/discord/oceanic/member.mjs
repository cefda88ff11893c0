/** `member.mjs JOB.json`: the same as member.py, by oceanic.js with @discordjs/voice. */
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline/promises';
import { Readable } from 'node:stream';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
// biome-ignore lint/style/noRestrictedImports: this is not the bot
import * as voice from '@discordjs/voice';
// biome-ignore lint/correctness/noUnresolvedImports: a lock of its own installs it
import { Client } from 'oceanic.js';

const job = JSON.parse(readFileSync(process.argv[2], 'utf8'));
const certificate = readFileSync(job.certificate, 'utf8');
setDefaultCACertificates([...getCACertificates('default'), certificate]);
const packets = job.packets.map((packet) => Buffer.from(packet, 'base64'));
const client = new Client({
  auth: `Bot ${job.token}`,
  rest: { baseURL: `${job.apiUrl}/v10` },
  gateway: { intents: ['GUILDS', 'GUILD_VOICE_STATES'] },
});
client.on('error', (error) => console.error(error));
client.once('ready', async () => {
  const call = client.joinVoiceChannel({
    channelID: job.channelId,
    guildID: job.guildId,
    selfDeaf: false,
    selfMute: false,
    voiceAdapterCreator: client.guilds.get(job.guildId).voiceAdapterCreator,
  });
  await voice.entersState(call, voice.VoiceConnectionStatus.Ready, 30_000);
  const end = { behavior: voice.EndBehaviorType.Manual };
  call.receiver
    .subscribe(job.botId, { end })
    .on('data', (frame) => console.log('heard', frame.toString('base64')));
  const player = voice.createAudioPlayer();
  player.on(
    'stateChange',
    (_, { status }) => status === 'idle' && console.log('spoken'),
  );
  call.subscribe(player);
  console.log('joined');
  for await (const _ of createInterface(process.stdin)) {
    const inputType = voice.StreamType.Opus;
    player.play(voice.createAudioResource(Readable.from(packets), { inputType }));
  }
  call.destroy();
  client.disconnect(false);
});
await client.connect();
