import { loadOpus } from '#src/audio/opus/load-opus.ts';
import type { Packet } from '#src/audio/packet.ts';
import { loadSilero } from '#src/audio/voice/silero.ts';
import { SpeakerStream } from '#src/audio/voice/speaker-stream.ts';
import { VoiceActivity } from '#src/audio/voice/voice-activity.ts';
import { VoiceMeter } from '#src/audio/voice/voice-meter.ts';

/** What one packet gave: its samples, and the probability of the last window that it completed, -1 if it completed none. */
export type HeardPacket = { readonly samples: Int16Array; readonly probability: number };

const nothing: HeardPacket = { samples: new Int16Array(0), probability: -1 };

/** Decoder and voice activity of everybody: what would move into a thread. */
export async function openEars(): Promise<(packet: Packet) => HeardPacket> {
  const [codec, weights] = await Promise.all([loadOpus(), loadSilero()]);
  const people = new Map<string, { stream: SpeakerStream; meter: VoiceMeter }>();
  return (packet) => {
    let person = people.get(packet.speakerId);
    if (!person) {
      person = {
        stream: new SpeakerStream(codec),
        meter: new VoiceMeter(new VoiceActivity(weights)),
      };
      people.set(packet.speakerId, person);
    }
    let last = nothing;
    for (const sound of person.stream.put(packet)) {
      const windows = person.meter.hear(sound);
      last = { samples: sound.samples, probability: windows.at(-1)?.probability ?? -1 };
    }
    return last;
  };
}
