/** The tour: five steps that explain the page on the run at hand. */
import type { PageModel } from "./model.ts";
import type { TourStep } from "./tour-steps.ts";

export function Tour({ model }: { readonly model: PageModel }) {
  const index = model.tour.value;
  if (index === undefined) return null;
  const steps = model.run.value.tour();
  const step = steps[index] as TourStep;
  const show = (next: number | undefined): void => {
    model.tour.value = next;
    const shown = next === undefined ? undefined : steps[next];
    if (shown === undefined) return;
    model.goTo(shown.event);
    model.panel.value = shown.panel;
  };
  return (
    <aside class="tour" aria-label="First steps">
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
