declare module 'sodium-native' {
  type Seal = (
    sealed: Buffer,
    message: Buffer,
    header: Buffer,
    none: null,
    nonce: Buffer,
    key: Uint8Array,
  ) => number;
  type Open = (
    message: Buffer,
    none: null,
    sealed: Buffer,
    header: Buffer,
    nonce: Buffer,
    key: Uint8Array,
  ) => number;
  const sodium: {
    readonly crypto_aead_xchacha20poly1305_ietf_ABYTES: number;
    crypto_aead_xchacha20poly1305_ietf_encrypt: Seal;
    crypto_aead_xchacha20poly1305_ietf_decrypt: Open;
  };
  export default sodium;
}
