/**
 * Whether the browser lets the page sound. `asked`: the page asked without a press, which many browsers refuse. `blocked`: they
 * wait for a press. `pressed`: somebody pressed, and no loudspeaker has begun yet. `interrupted`: a call or another program
 * ended the sound. `silent`: somebody pressed in vain, as no loudspeaker is there.
 * @typedef {'new' | 'asked' | 'blocked' | 'pressed' | 'running' | 'interrupted' | 'silent'} SoundGate
 */

/**
 * `load`: the page is drawn. `press`: somebody pressed something, in which alone a browser may begin to sound. `returned`: the page is
 * in sight again, or a device came. `waited`: the wait of the last `listen` is over. `context`: the AudioContext has a new state, in
 * Safari also `interrupted`. Source: https://www.w3.org/TR/webaudio-1.1/#enumdef-audiocontextstate
 * @typedef {{ kind: 'load' | 'press' | 'returned' | 'waited' } | { kind: 'context', state: string }} SoundGateEvent
 */

/**
 * The page makes or resumes the AudioContext. With `waitMs` it tells the gate after that time that it waited.
 * @typedef {{ kind: 'listen', waitMs?: number }} SoundGateEffect
 */

/** A browser that lets pages sound begins sooner. */
const loadWaitMs = 600;
/** A loudspeaker that is there begins sooner: one without wires needs a second. */
const pressWaitMs = 4_000;

/** States after a wait without sound. @type {Partial<Record<SoundGate, SoundGate>>} */
const waitedStates = { asked: 'blocked', pressed: 'silent' };

/**
 * Takes one step of the gate of sound.
 * @param {SoundGate} gate
 * @param {SoundGateEvent} event
 * @returns {readonly [SoundGate, SoundGateEffect?]}
 */
export function stepSoundGate(gate, event) {
  switch (event.kind) {
    case 'load':
      return gate === 'new'
        ? ['asked', { kind: 'listen', waitMs: loadWaitMs }]
        : [gate];
    case 'press':
      return stepPress(gate);
    case 'returned':
      return isSoundMissing(gate) ? [gate, { kind: 'listen' }] : [gate];
    case 'waited':
      return [waitedStates[gate] ?? gate];
    case 'context':
      if (event.state === 'running') return ['running'];
      return [gate === 'running' ? 'interrupted' : gate];
  }
}

/**
 * Takes a press. Each one asks the browser, as Safari takes a press alone that it trusts.
 * @param {SoundGate} gate
 * @returns {readonly [SoundGate, SoundGateEffect?]}
 */
function stepPress(gate) {
  if (gate === 'running') return [gate];
  if (gate === 'pressed' || gate === 'silent') return [gate, { kind: 'listen' }];
  return ['pressed', { kind: 'listen', waitMs: pressWaitMs }];
}

/**
 * Tests whether somebody has to press before the page sounds.
 * @param {SoundGate} gate
 * @returns {boolean}
 */
export function isSoundMissing(gate) {
  return gate === 'blocked' || gate === 'interrupted' || gate === 'silent';
}
