import sodium from 'sodium-native';

/** The names that @discordjs/voice reads. Throws if the package has no binary. */
export const {
  crypto_aead_xchacha20poly1305_ietf_ABYTES,
  crypto_aead_xchacha20poly1305_ietf_decrypt,
  crypto_aead_xchacha20poly1305_ietf_encrypt,
} = sodium;
