/** The first story: five steps that explain the page on the run at hand. */
import type { PageModel } from "./model.ts";
import { type StoryStep, storyOf } from "./story-steps.ts";

export function Story({ model }: { readonly model: PageModel }) {
  const index = model.story.value;
  if (index === undefined) return null;
  const steps = storyOf(model.run.value.recording);
  const step = steps[index] as StoryStep;
  const show = (next: number | undefined): void => {
    model.story.value = next;
    const shown = next === undefined ? undefined : steps[next];
    if (shown === undefined) return;
    model.goTo(shown.event);
    model.panel.value = shown.panel;
  };
  return (
    <aside class="story" aria-label="First steps">
      <h2>
        {index + 1}/{steps.length} {step.title}
      </h2>
      <p>{step.text}</p>
      <p class="row">
        {index > 0 && (
          <button type="button" onClick={() => show(index - 1)}>
            back
          </button>
        )}
        {index < steps.length - 1 && (
          <button type="button" class="primary" onClick={() => show(index + 1)}>
            next
          </button>
        )}
        <button type="button" onClick={() => show(undefined)}>
          close
        </button>
      </p>
    </aside>
  );
}
