/** The part of node-forge that is used, loaded alone: `import 'node-forge'` would bring its TLS, PKCS and cipher code too. */
declare module 'node-forge/lib/asn1.js' {
  /** A primitive holds its bytes (one character each), anything else its children. */
  interface Asn1 {
    readonly tagClass: number;
    readonly type: number;
    readonly constructed: boolean;
    readonly value: string | readonly Asn1[];
  }
  interface ByteString {
    getBytes(): string;
  }
  const asn1: {
    create(tagClass: number, type: number, constructed: boolean, value: string | readonly Asn1[]): Asn1;
    fromDer(bytes: string, options: { readonly decodeBitStrings: boolean; readonly maxDepth: number }): Asn1;
    toDer(node: Asn1): ByteString;
    oidToDer(oid: string): ByteString;
    /** Throws when a part is beyond 53 bits. */
    derToOid(bytes: string): string | undefined;
  };
  export { type Asn1 };
  export default asn1;
}
