// Loaded into the bot by --import: measures its CPU and how late its voice frames leave, between two orders.
import { type Profiler, Session } from 'node:inspector';
import { watchVoiceFrames } from '#bench/processes/voice-frames.ts';
import type { ViewersMeasures, ViewersOrder } from './order.ts';
import { shareOfPage } from './page-samples.ts';

const inspector = new Session();
let isProfiled = false;
let lateMs: number[] = [];
let from = { cpu: process.cpuUsage(), atMs: performance.now() };

watchVoiceFrames((late) => {
  if (late !== undefined) lateMs.push(late);
});

process.on('message', (order: ViewersOrder) => {
  if (order.kind !== 'end') {
    isProfiled = order.kind === 'profile';
    if (isProfiled) startProfile();
    lateMs = [];
    from = { cpu: process.cpuUsage(), atMs: performance.now() };
    process.send?.({ kind: 'begun' });
    return;
  }
  const { user, system } = process.cpuUsage(from.cpu);
  const cpuShare = (user + system) / 1_000 / (performance.now() - from.atMs);
  const pageShare = isProfiled ? cpuShare * shareOfPage(stopProfile()) : 0;
  process.send?.({ cpuShare, pageShare, lateMs } satisfies ViewersMeasures);
});

function startProfile(): void {
  inspector.connect();
  inspector.post('Profiler.enable');
  inspector.post('Profiler.start');
}

/** The inspector of a thread itself answers at once. */
function stopProfile(): Profiler.Profile {
  let profile: Profiler.Profile = { nodes: [], startTime: 0, endTime: 0 };
  inspector.post('Profiler.stop', (_, stopped) => {
    profile = stopped.profile;
  });
  inspector.disconnect();
  return profile;
}
