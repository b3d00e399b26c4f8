// The elements of the pages. Each module registers its own.
import "/components/me.js";
import "/components/page.js";
import "/components/nav.js";
import "/components/status.js";
import "/components/uploader.js";
import "/components/viewer.js";
import "/components/batch.js";
import "/components/bodymap.js";
import "/components/compare.js";
import "/components/lesions.js";
import "/components/csv.js";
import "/components/review.js";
import "/components/work.js";
