// The package has no types.
declare module '@echogarden/sonic-wasm/sonic.js' {
  /** Address in memory, or number of a stream. */
  type Address = number;

  /** Functions of sonic.h. Samples lie in `HEAP16` at half their address. */
  export interface Sonic {
    readonly HEAP16: Int16Array;
    _malloc(bytes: number): Address;
    _sonicCreateStream(rateHz: number, channels: number): Address;
    _sonicDestroyStream(stream: Address): void;
    _sonicSetSpeed(stream: Address, speed: number): void;
    _sonicWriteShortToStream(stream: Address, samples: Address, count: number): number;
    _sonicReadShortFromStream(stream: Address, samples: Address, most: number): number;
    _sonicFlushStream(stream: Address): number;
  }

  export default function open(): Promise<Sonic>;
}
