from . import (
    test_completion,
    test_configuration,
    test_configuration_check,
    test_delivery,
    test_failures,
    test_fill_prices,
    test_native_entries,
    test_purchase,
    test_readme_example,
    test_revaluation,
    test_standards,
    test_svc_keyboards,
)
