// Whether somebody is zooming just now.

/** The zoom rests when it was the same for so long. */
export const REST_MS = 120;

/** Told with each frame how wide the part of the world is that is in view. */
export class Zooming {
  private width: number | undefined;
  private changedAt = Number.NEGATIVE_INFINITY;

  /** Whether the zoom changed in this frame, or a moment ago. The first frame changes nothing. */
  goesOn(width: number, now: number): boolean {
    // A pan changes the width by no more than what is lost in calculating.
    if (this.width !== undefined && Math.abs(width / this.width - 1) > 1e-6) this.changedAt = now;
    this.width = width;
    return now - this.changedAt < REST_MS;
  }
}
