/** Turns the time of a video into the time of the clock on the wall, for playing. Times are seconds. */
export class PlayClock {
  readonly #now: () => number;
  #wallStart: number;
  #videoStart: number;
  #speed: number;

  /** @param now seconds of a monotonic clock */
  constructor(videoTime: number, speed: number, now: () => number) {
    this.#now = now;
    this.#wallStart = now();
    this.#videoStart = videoTime;
    this.#speed = speed;
  }

  /** Where the video would be now. */
  get position(): number {
    return this.#videoStart + (this.#now() - this.#wallStart) * this.#speed;
  }

  /** Seconds of the wall until a frame is to be shown; negative when it is late. */
  until(videoTime: number): number {
    return (videoTime - this.position) / this.#speed;
  }

  /** From here on: the video is at `videoTime` now. */
  restart(videoTime: number): void {
    this.#wallStart = this.#now();
    this.#videoStart = videoTime;
  }

  /** Goes on from where it is at another speed. */
  setSpeed(speed: number): void {
    this.restart(this.position);
    this.#speed = speed;
  }
}
