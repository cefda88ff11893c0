import sodium from 'sodium-native';

/** sodium-native under the names that @discordjs/voice reads. Throws where the package has no binary; the library then takes @noble/ciphers. */
export const {
  crypto_aead_xchacha20poly1305_ietf_ABYTES,
  crypto_aead_xchacha20poly1305_ietf_decrypt,
  crypto_aead_xchacha20poly1305_ietf_encrypt,
} = sodium;
