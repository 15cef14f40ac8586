/** The part of RANDR in the npm package `x11` that is used here. */
declare module 'x11' {
  type Answer<Result> = import('x11').Reply<Result>;

  export interface RandrExtension {
    readonly majorOpcode: number;
    readonly major_version: number;
    readonly minor_version: number;
    readonly firstEvent: number;
    readonly NotifyMask: { readonly ScreenChange: number; readonly CrtcChange: number; readonly OutputChange: number };
    SelectInput(window: number, mask: number): void;
    GetScreenResourcesCurrent(
      window: number,
      callback: Answer<{ readonly config_timestamp: number; readonly crtcs: readonly number[] }>,
    ): void;
    GetOutputInfo(output: number, timestamp: number, callback: Answer<{ readonly name: string }>): void;
    GetCrtcInfo(
      crtc: number,
      timestamp: number,
      callback: Answer<{
        readonly x: number;
        readonly y: number;
        readonly width: number;
        readonly height: number;
        readonly mode: number;
        readonly output: readonly number[];
      }>,
    ): void;
    GetOutputPrimary(window: number, callback: Answer<number>): void;
    GetOutputProperty(
      output: number,
      property: number,
      type: number,
      offset: number,
      length: number,
      remove: boolean,
      pending: boolean,
      callback: Answer<{ readonly type: number; readonly data: Buffer }>,
    ): void;
  }
}
