declare module 'sodium-native' {
  const sodium: {
    readonly crypto_aead_xchacha20poly1305_ietf_ABYTES: number;
    readonly crypto_aead_xchacha20poly1305_ietf_decrypt: unknown;
    readonly crypto_aead_xchacha20poly1305_ietf_encrypt: unknown;
  };
  export default sodium;
}
